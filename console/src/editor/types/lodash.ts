// What does lodash have?

import { placed } from './files';

const found = import.meta.glob<string>(
  ['/node_modules/@types/lodash/index.d.ts', '/node_modules/@types/lodash/common/*.d.ts'],
  {
    query: '?raw',
    import: 'default',
    eager: true,
  },
);

export default placed(found, '/node_modules/', '');
