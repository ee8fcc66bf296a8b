// What does uuid have?

import { placed } from './files';

const found = import.meta.glob<string>('/node_modules/uuid/dist/cjs/*.d.ts', {
  query: '?raw',
  import: 'default',
  eager: true,
});

export default placed(found, '/node_modules/uuid/dist/cjs/', 'uuid/');
