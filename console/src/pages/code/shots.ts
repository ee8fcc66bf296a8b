import type { Shot } from '../../../e2e/shots';

export default [
  { name: 'code', path: '/lambdas/hello-world', ready: '.monaco-editor .view-line' },
] satisfies Shot[];
