import type { Shot } from '../../../e2e/shots';

export default [{ name: 'home', path: '/', ready: 'h1' }] satisfies Shot[];
