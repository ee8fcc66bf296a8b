import type { Route } from '$/router/routes';

export default {
  path: '/lambdas/:lambda/deploy',
  title: 'Deploy',
  place: 'lambdas',
  needs: 'DeployLambdas',
  load: () => import('./Deploy.svelte'),
} satisfies Route;
