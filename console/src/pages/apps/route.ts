import type { Route } from '$/router/routes';

export default {
  path: '/settings/apps',
  title: 'Apps',
  place: 'settings',
  needs: 'Apps',
  load: () => import('./Apps.svelte'),
} satisfies Route;
