import type { Route } from '$/router/routes';

export default {
  path: '/settings/secrets',
  title: 'Secrets',
  place: 'settings',
  needs: 'ReadSecrets',
  load: () => import('./Secrets.svelte'),
} satisfies Route;
