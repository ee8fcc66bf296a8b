import { expect, test } from 'vitest';

import type { Files } from './files';
import { Libraries, named } from './libraries';

test('a package is named in quotes, not in words', () => {
  expect(named('const _ = require(\'lodash\');\nimport x from "uuid"; // luxon')).toEqual([
    'lodash',
    'uuid',
  ]);
});

test('every source has the types of Node.js and of the toolbelts, and only what lambdas find', async () => {
  let files: Files = {};
  await new Libraries((more) => (files = more)).begin();
  const paths = Object.keys(files);
  expect(paths).toContain('/node_modules/@types/lp-faas-toolbelt/index.d.ts');
  expect(paths).toContain('/node_modules/@types/core-functions-toolbelt/index.d.ts');
  expect(paths).toContain('/node_modules/@types/node/process.d.ts');
  expect(paths).toContain('/node_modules/@types/node/timers/promises.d.ts');
  expect(paths).toContain('/node_modules/undici-types/index.d.ts');
  for (const missing of ['dns', 'dns/promises', 'child_process', 'net', 'vm']) {
    expect(paths).not.toContain(`/node_modules/@types/node/${missing}.d.ts`);
  }
  expect(paths.some((path) => path.includes('/ts5.6/'))).toBe(false);
});

test('each package has types where it would be installed', async () => {
  let files: Files = {};
  const libraries = new Libraries((more) => (files = more));
  const code = "'jsforce' 'jsonwebtoken' 'lodash' 'luxon' 'oauth-1.0a' 'uuid'";
  await libraries.need(code);
  const places = [
    'jsforce/index.d.ts',
    'jsforce/lib/connection.d.ts',
    '@types/jsonwebtoken/index.d.ts',
    '@types/ms/index.d.ts',
    '@types/lodash/index.d.ts',
    '@types/lodash/common/array.d.ts',
    '@types/luxon/src/datetime.d.ts',
    'oauth-1.0a/index.d.ts',
    'uuid/index.d.ts',
  ];
  for (const place of places) expect(files[`/node_modules/${place}`], place).toBeTruthy();
});
