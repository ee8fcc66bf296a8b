import { expect, test } from 'vitest';

import { formatted } from './format';

test('JavaScript and TypeScript are laid out', async () => {
  expect(await formatted('function lambda(a,b){b(null,"x")}', 'javascript')).toBe(
    "function lambda(a, b) {\n  b(null, 'x');\n}\n",
  );
  expect(await formatted('const a:number=1', 'typescript')).toBe('const a: number = 1;\n');
});

test('what is no code is refused', async () => {
  await expect(formatted('function (', 'javascript')).rejects.toThrow();
});
