// What does luxon have?

import { placed } from './files';

const found = import.meta.glob<string>('/node_modules/@types/luxon/**/*.d.ts', {
  query: '?raw',
  import: 'default',
  eager: true,
});

export default placed(found, '/node_modules/', '');
