import { expect, it } from 'vitest';

import { ownUrl } from './worker';

const HERE = 'https://a.example/console/lambdas';

it('vouches for scripts of its own server and for no others', () => {
  expect(ownUrl('/console/assets/w.js', HERE)).toBe('https://a.example/console/assets/w.js');
  for (const url of ['https://b.example/w.js', '//b.example/w.js', 'data:text/javascript,1'])
    expect(() => ownUrl(url, HERE)).toThrow('is no script of this server');
});
