import { describe, expect, it } from 'vitest';

import { exportQuery, filterOf, queryOf, toggled } from './filter';

describe('filterOf', () => {
  it('takes from the address what it knows', () => {
    const filter = filterOf(new URLSearchParams('level=Error,Nonsense&text=time+out&span=7d'));
    expect(filter).toEqual({
      lambda: undefined,
      levels: ['Error'],
      text: 'time out',
      requestId: undefined,
      span: '7d',
    });
  });

  it('keeps to one lambda where the page is about one', () => {
    expect(filterOf(new URLSearchParams('lambda=other'), 'hello').lambda).toBe('hello');
    expect(filterOf(new URLSearchParams('span=1y')).span).toBe('24h');
  });
});

it('levels are toggled in their own order', () => {
  expect(toggled([], 'Error')).toBe('Error');
  expect(toggled(['Error'], 'Info')).toBe('Info,Error');
  expect(toggled(['Error'], 'Error')).toBeUndefined();
});

it('a query repeats its levels', () => {
  const filter = filterOf(new URLSearchParams('level=Warn,Error&text=a&requestId=r'), 'hello');
  expect(String(queryOf(filter))).toBe('lambda=hello&level=Warn&level=Error&text=a&requestId=r');
  const csv = exportQuery(filter, 'u-u', 86_400_000);
  expect(String(csv)).toBe(
    'lambdaUUID=u-u&filterLevels=Warn&filterLevels=Error&startTimestamp=0&endTimestamp=86400000',
  );
});
