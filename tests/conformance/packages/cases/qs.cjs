// qs, parsers: nested query strings.
const qs = require('qs');

exports.lambda = async () => ({
  'parses': [qs.parse('a[b][c]=1&d[]=2&d[]=3&e=%C3%A4'), { a: { b: { c: '1' } }, d: ['2', '3'], e: 'ä' }],
  'writes': [qs.stringify({ a: [1, 2], b: { c: 'x y' } }, { encodeValuesOnly: true, arrayFormat: 'brackets' }), 'a[]=1&a[]=2&b[c]=x%20y'],
  'bounds depth': [qs.parse('a[b][c]=1', { depth: 1 }), { a: { b: { '[c]': '1' } } }],
});
