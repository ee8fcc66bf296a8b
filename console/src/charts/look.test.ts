import { describe, expect, it } from 'vitest';

import { lineLook, markPath, spread, textureCss } from './look';
import { outcomeSeries, endedOf } from './outcomes';

it('no two of four lines look the same', () => {
  const looks = [0, 1, 2, 3].map(lineLook);
  expect(new Set(looks.map(({ mark }) => mark)).size).toBe(4);
  expect(new Set(looks.map(({ dash }) => dash.join())).size).toBe(4);
});

it('no two ways to end have the same texture, and none but success is plain', () => {
  const all = { SUCCEEDED: 1, CODING_FAILURE: 1, TIMEOUT: 1, PLATFORM_FAILURE: 1, UNKNOWN: 1 };
  const textures = outcomeSeries([endedOf(all)]).map(({ texture }) => texture);
  expect(new Set(textures).size).toBe(5);
  expect(textures[0]).toBe('plain');
});

it('a mark is around its point', () => {
  expect(markPath('square', 10, 20, 3)).toBe('M7 17h6v6h-6Z');
  expect(markPath('diamond', 10, 20, 3)).toBe('M10 17L13 20L10 23L7 20Z');
  expect(markPath('triangle', 10, 20, 3)).toBe('M10 17L13 23H7Z');
});

it('a texture has its colour below its stripes', () => {
  expect(textureCss('plain', 'red')).toBe('red');
  expect(textureCss('level', 'red')).toMatch(/^repeating-linear-gradient\(0deg, .*\), red$/);
});

describe('spread', () => {
  it('leaves labels where they are that are far enough apart', () => {
    expect(spread([50, 10, 30], 14, 100)).toEqual([50, 10, 30]);
  });

  it('moves those apart that would lie on each other, in their order', () => {
    expect(spread([10, 12, 11], 14, 100)).toEqual([10, 38, 24]);
  });

  it('keeps them above the bottom', () => {
    expect(spread([98, 99, 100], 14, 100)).toEqual([72, 86, 100]);
  });
});
