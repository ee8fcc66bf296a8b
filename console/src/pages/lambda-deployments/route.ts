import type { Route } from '$/router/routes';

export default {
  path: '/lambdas/:lambda/deployments',
  title: 'Deployments',
  place: 'lambdas',
  needs: 'ReadLambdas',
  load: () => import('./LambdaDeployments.svelte'),
} satisfies Route;
