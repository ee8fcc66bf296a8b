// ini, formats: sections of names and values.
const ini = require('ini');

exports.lambda = async () => ({
  'parses': [JSON.parse(JSON.stringify(ini.parse('; c\nroot=1\n[a.b]\nx=true\nlist[]=1\nlist[]=2\nq="a;b"'))), { root: '1', a: { b: { x: true, list: ['1', '2'], q: 'a;b' } } }],
  'writes': [ini.stringify({ a: 1, s: { b: 'x' } }), 'a=1\n\n[s]\nb=x\n'],
});
