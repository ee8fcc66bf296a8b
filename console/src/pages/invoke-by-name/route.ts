import type { Route } from '$/router/routes';

export default {
  path: '/invoke',
  title: 'Invoke a lambda',
  place: 'lambdas',
  needs: 'Invoke',
  load: () => import('./InvokeByName.svelte'),
} satisfies Route;
