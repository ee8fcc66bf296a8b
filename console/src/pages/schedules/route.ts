import type { Route } from '$/router/routes';

export default {
  path: '/schedules',
  title: 'Schedules',
  place: 'schedules',
  needs: 'ReadSchedules',
  load: () => import('./Schedules.svelte'),
} satisfies Route;
