// What does jsforce have?

import { placed } from './files';

const found = import.meta.glob<string>(
  [
    '/node_modules/jsforce/{index,core}.d.ts',
    '/node_modules/jsforce/{lib,typings}/**/*.d.ts',
    '!**/lib/{browser,cli}/**',
  ],
  {
    query: '?raw',
    import: 'default',
    eager: true,
  },
);

export default placed(found, '/node_modules/', '');
