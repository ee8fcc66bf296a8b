import type { Route } from '$/router/routes';

export default {
  path: '/settings/audit',
  title: 'Audit log',
  place: 'settings',
  needs: 'Audit',
  load: () => import('./Audit.svelte'),
} satisfies Route;
