import { expect, it } from 'vitest';

import { best, fill, fit } from './match';

const ROUTES = [
  { path: '/lambdas/:lambda' },
  { path: '/lambdas/new' },
  { path: '/lambdas/:lambda/:tab' },
  { path: '/' },
];

it('reads the values of named segments', () => {
  expect(fit('/lambdas/:lambda/logs', '/lambdas/hello%20you/logs')).toEqual({
    lambda: 'hello you',
  });
  expect(fit('/lambdas/:lambda', '/lambdas')).toBeUndefined();
  expect(fit('/', '/')).toEqual({});
});

it('prefers what is literal, wherever it is declared', () => {
  expect(best(ROUTES, '/lambdas/new')?.route.path).toBe('/lambdas/new');
  expect(best(ROUTES, '/lambdas/newer')?.params).toEqual({ lambda: 'newer' });
  expect(best(ROUTES, '/nowhere')).toBeUndefined();
});

it('ignores a slash at the end and bears a broken escape', () => {
  expect(best(ROUTES, '/lambdas/a/')?.params).toEqual({ lambda: 'a' });
  expect(best(ROUTES, '/lambdas/%')?.params).toEqual({ lambda: '%' });
});

it('fills a pattern so that it fits again', () => {
  const path = fill('/lambdas/:lambda/logs', { lambda: 'a/b c' });
  expect(path).toBe('/lambdas/a%2Fb%20c/logs');
  expect(fit('/lambdas/:lambda/logs', path)).toEqual({ lambda: 'a/b c' });
});
