import type { Route } from '$/router/routes';

export default {
  path: '/deployments',
  title: 'Deployments',
  place: 'lambdas',
  needs: 'ReadLambdas',
  load: () => import('./Deployments.svelte'),
} satisfies Route;
