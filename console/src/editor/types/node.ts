// What does the global scope have, and the modules of Node.js? Only what lambdas find: what the runtime
// lacks (docs/javascript.md) is not offered.

import { placed } from './files';

const node = import.meta.glob<string>(
  [
    '/node_modules/@types/node/**/*.d.ts',
    '!**/ts[0-9].[0-9]/**',
    '!**/{child_process,cluster,dgram,dns,domain,http2,inspector.generated}.d.ts',
    '!**/{net,readline,repl,sea,test,tls,trace_events,v8,vm,wasi}.d.ts',
    '!**/worker_threads.d.ts',
    '!**/{dns,readline}/promises.d.ts',
  ],
  { query: '?raw', import: 'default', eager: true },
);
const undici = import.meta.glob<string>('/node_modules/undici-types/*.d.ts', {
  query: '?raw',
  import: 'default',
  eager: true,
});

export default {
  ...placed(node, '/node_modules/', ''),
  ...placed(undici, '/node_modules/', ''),
};
