import type { Route } from '$/router/routes';

export default {
  path: '/',
  title: 'Home',
  place: 'home',
  needs: 'ReadMetrics',
  load: () => import('./Home.svelte'),
} satisfies Route;
