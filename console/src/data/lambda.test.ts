import { strFromU8, unzipSync } from 'fflate';
import { expect, it, vi } from 'vitest';

vi.mock('$/auth/session.svelte', () => ({ session: { account: '1' } }));

import { type Whole, exported } from './lambda';

const LAMBDA = {
  name: 'greeting',
  description: 'Says hello',
  implementation: {
    code: 'function lambda() {}',
    environmentVariables: [{ key: 'A', value: 'b' }],
  },
  fileName: 'greeting.js',
} as Whole;

const named = (lambda: Whole) => Object.keys(unzipSync(exported(lambda)));

it('exports what the command line of the platform can push', () => {
  const files = unzipSync(exported(LAMBDA));
  expect(Object.keys(files)).toEqual([
    'functions/greeting/index.js',
    'functions/greeting/config.json',
  ]);
  const config: unknown = JSON.parse(
    strFromU8(files['functions/greeting/config.json'] ?? new Uint8Array()),
  );
  expect(config).toEqual({
    name: 'greeting',
    event: 'No Event',
    description: 'Says hello',
    input: { headers: [], payload: {} },
    environmentVariables: [{ key: 'A', value: 'b' }],
  });
});

it('exports TypeScript as such, and what was bundled so that it needs nothing else', () => {
  expect(named({ ...LAMBDA, fileName: 'src/a.mts' })[0]).toBe('functions/greeting/index.mts');
  const bundle = { code: 'bundled', map: '', module: false, requires: [] };
  const files = unzipSync(exported({ ...LAMBDA, fileName: 'a.ts', bundle }));
  const text = (name: string) => strFromU8(files[`functions/greeting/${name}`] ?? new Uint8Array());
  expect(text('index.js')).toBe('bundled');
  expect(text('source.ts')).toBe('function lambda() {}');
});
