import type { Route } from '$/router/routes';

export default {
  path: '/lambdas',
  title: 'Lambdas',
  place: 'lambdas',
  needs: 'ReadLambdas',
  load: () => import('./Lambdas.svelte'),
} satisfies Route;
