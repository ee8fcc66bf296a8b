import type { Route } from '$/router/routes';

export default {
  path: '/lambdas/:lambda/settings',
  title: 'Settings',
  place: 'lambdas',
  needs: 'ReadLambdas',
  load: () => import('./LambdaSettings.svelte'),
} satisfies Route;
