import { strFromU8, unzipSync } from 'fflate';
import { expect, it, vi } from 'vitest';

vi.mock('$/auth/session.svelte', () => ({ session: { account: '1' } }));

import type { Lambda } from '$/api/types';

import { exported } from './lambda';

const LAMBDA = {
  name: 'greeting',
  description: 'Says hello',
  implementation: {
    code: 'function lambda() {}',
    environmentVariables: [{ key: 'A', value: 'b' }],
  },
} as Lambda;

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
