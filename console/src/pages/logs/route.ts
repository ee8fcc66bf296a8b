import type { Route } from '$/router/routes';

export default {
  path: '/logs',
  title: 'Logs',
  place: 'logs',
  needs: 'ReadLogs',
  load: () => import('./Logs.svelte'),
} satisfies Route;
