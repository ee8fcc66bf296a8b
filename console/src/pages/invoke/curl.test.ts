import { expect, it } from 'vitest';

import { curlLine } from './curl';

it('single quotes are closed, escaped and opened again; nothing else means anything to the shell', () => {
  const input = { headers: [], payload: { name: "O'Hara $HOME" } };
  const line = curlLine('https://a.example/invoke?v=1&x=y', 'the-token', input);
  expect(line).toContain("'https://a.example/invoke?v=1&x=y'");
  expect(line).toContain(`"name":"O'\\''Hara $HOME"`);
  expect(line).toContain("'Authorization: Bearer the-token'");
});
