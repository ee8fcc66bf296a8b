import type { Route } from '$/router/routes';

export default {
  path: '/lambdas/:lambda/invoke',
  title: 'Invoke',
  place: 'lambdas',
  needs: 'ReadLambdas',
  load: () => import('./Invoke.svelte'),
} satisfies Route;
