import { expect, test } from 'vitest';

import { NODE_MODULES } from './context';

test('the modules of Node.js that are completed are those of the engine', () => {
  for (const name of ['buffer', 'console', 'crypto', 'https', 'process', 'stream/promises', 'util'])
    expect(NODE_MODULES).toContain(name);
  for (const name of ['lp-faas-toolbelt', 'lodash', 'child_process', 'sandglass:native'])
    expect(NODE_MODULES).not.toContain(name);
});
