import type { Shot } from '../../../e2e/shots';

export default [{ name: 'home', path: '/?span=1h', ready: 'h1' }] satisfies Shot[];
