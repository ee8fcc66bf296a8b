// query-string, parsers: query strings, with types.
import queryString from 'query-string';

export async function lambda() {
  return {
    'parses': [{ ...queryString.parse('?b=2&a=1&a=x&flag', { parseNumbers: true }) }, { a: [1, 'x'], b: 2, flag: null }],
    'writes in order': [queryString.stringify({ b: ['x', 'y'], a: 'ä' }, { arrayFormat: 'comma' }), 'a=%C3%A4&b=x,y'],
    'picks': [queryString.pick('https://a.b/?x=1&y=2#h', ['x']), 'https://a.b/?x=1#h'],
  };
}
