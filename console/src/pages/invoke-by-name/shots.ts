import type { Shot } from '../../../e2e/shots';

export default [
  { name: 'invoke-by-name', path: '/invoke', ready: 'h1' },
  {
    name: 'invoke-by-name-lambda',
    path: '/invoke?lambda=hello-world',
    ready: '.monaco-editor .view-line',
  },
] satisfies Shot[];
