import type { Route } from '$/router/routes';

export default {
  path: '/lambdas/:lambda',
  title: 'Code',
  place: 'lambdas',
  needs: 'ReadLambdas',
  load: () => import('./Code.svelte'),
} satisfies Route;
