import type { Route } from '$/router/routes';

export default {
  path: '/lambdas/:lambda/logs',
  title: 'Logs',
  place: 'lambdas',
  needs: 'ReadLogs',
  load: () => import('./LambdaLogs.svelte'),
} satisfies Route;
