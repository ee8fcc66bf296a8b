import type { Shot } from '../../../e2e/shots';

export default [
  { name: 'create', path: '/lambdas/new?template=http', ready: 'fieldset' },
  {
    name: 'create-event',
    path: '/lambdas/new?template=messaging-ttr&step=event',
    ready: 'fieldset',
  },
  {
    name: 'create-whitelist',
    path: '/lambdas/new?template=http&step=whitelist',
    ready: 'textarea',
  },
  { name: 'create-name', path: '/lambdas/new?template=http&step=name', ready: 'textarea' },
] satisfies Shot[];
