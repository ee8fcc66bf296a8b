import type { Route } from '$/router/routes';

export default {
  path: '/settings/whitelist',
  title: 'Whitelist',
  place: 'settings',
  needs: 'ReadWhitelist',
  load: () => import('./Whitelist.svelte'),
} satisfies Route;
