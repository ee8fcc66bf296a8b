import type { Shot } from '../../../e2e/shots';

export default [{ name: 'schedules', path: '/schedules', ready: 'h1' }] satisfies Shot[];
