import { expect, it } from 'vitest';

import { daysProblem, filterOf, queryOf } from './filter';

const of = (address: string) => filterOf(new URLSearchParams(address));

it('takes from the address what it knows, and days that are days', () => {
  expect(of('actor=admin&action=secret&target=&from=2026-03-01&to=soon')).toEqual({
    actor: 'admin',
    action: 'secret',
    target: undefined,
    from: '2026-03-01',
    to: undefined,
  });
});

it('a time is from the beginning of the first day to the end of the last one, in local time', () => {
  const { from, to, actor } = queryOf(of('from=2026-02-28&to=2026-02-28&actor=ada'));
  expect(from).toBe(new Date(2026, 1, 28).getTime());
  expect(to).toBe(new Date(2026, 2, 1).getTime());
  expect(actor).toBe('ada');
  expect(queryOf(of('')).to).toBeUndefined();
});

it('says when the days are the wrong way round', () => {
  expect(daysProblem(of('from=2026-03-02&to=2026-03-01'))).toMatch(/before the first/);
  expect(daysProblem(of('from=2026-03-01&to=2026-03-01'))).toBeUndefined();
  expect(daysProblem(of('to=2026-03-01'))).toBeUndefined();
});
