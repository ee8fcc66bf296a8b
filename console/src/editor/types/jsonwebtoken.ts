// What does jsonwebtoken have?

import { placed } from './files';

const found = import.meta.glob<string>(
  ['/node_modules/@types/jsonwebtoken/index.d.ts', '/node_modules/@types/ms/index.d.ts'],
  {
    query: '?raw',
    import: 'default',
    eager: true,
  },
);

export default placed(found, '/node_modules/', '');
