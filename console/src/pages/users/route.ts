import type { Route } from '$/router/routes';

export default {
  path: '/settings/users',
  title: 'Users',
  place: 'settings',
  needs: 'Users',
  load: () => import('./Users.svelte'),
} satisfies Route;
