import type { Route } from '$/router/routes';

export default {
  path: '/lambdas/new',
  title: 'Create a lambda',
  place: 'lambdas',
  needs: 'ChangeLambdas',
  load: () => import('./Create.svelte'),
} satisfies Route;
