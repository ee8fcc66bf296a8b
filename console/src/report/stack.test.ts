import { describe, expect, test } from 'vitest';

import { framesOf } from './stack';

describe('the frames of a stack', () => {
  test('name the places in the user’s code', () => {
    expect(framesOf('    at inner (index.js:7:28)\n    at lambda (lib/index.ts:8:3)\n')).toEqual([
      {
        text: 'at inner',
        place: { label: 'index.js:7:28', file: 'index.js', line: 7, column: 28 },
      },
      {
        text: 'at lambda',
        place: { label: 'lib/index.ts:8:3', file: 'lib/index.ts', line: 8, column: 3 },
      },
    ]);
  });

  test('may have no name', () => {
    expect(framesOf('at index.js:1:2')[0]?.place?.line).toBe(1);
  });

  test('are shown as they are where there is no place', () => {
    expect(framesOf('    at native\n')).toEqual([{ text: 'at native' }]);
    expect(framesOf('')).toEqual([]);
  });
});
