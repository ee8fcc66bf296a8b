import { describe, expect, it } from 'vitest';

import { exportQuery, filterOf, isNarrow, queryOf, startOf, toggled } from './filter';

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

it('a query repeats its levels, and an export asks for the same entries', () => {
  const filter = filterOf(new URLSearchParams('level=Warn,Error&text=a&requestId=r'), 'hello');
  expect(String(queryOf(filter))).toBe('lambda=hello&level=Warn&level=Error&text=a&requestId=r');
  const csv = exportQuery(filter, 'u-u', 86_400_000);
  expect(String(csv)).toBe(
    'lambdaUUID=u-u&filterLevels=Warn&filterLevels=Error&text=a&requestId=r' + '&startTimestamp=0',
  );
});

it('a filter is narrow when it leaves out entries of its time', () => {
  const narrow = (address: string) => isNarrow(filterOf(new URLSearchParams(address)));
  for (const some of ['level=Error', 'text=a', 'requestId=r']) expect(narrow(some)).toBe(true);
  expect(narrow('span=7d&lambda=hello&level=Nonsense')).toBe(false);
});

it('the longest time is left to the server, whose clock may be another one', () => {
  expect(startOf('1h', 3_600_000)).toBe(0);
  expect(startOf('7d', 604_800_000)).toBeUndefined();
});
