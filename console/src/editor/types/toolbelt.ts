// What do the toolbelts have? The declarations that every project can use, too: examples/types.

import { placed } from './files';

const found = import.meta.glob<string>('../../../../examples/types/*/index.d.ts', {
  query: '?raw',
  import: 'default',
  eager: true,
});

export default placed(found, 'examples/types/', '@types/');
