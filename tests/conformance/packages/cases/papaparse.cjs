// papaparse, formats: CSV both ways, its delimiter guessed.
const Papa = require('papaparse');

exports.lambda = async () => ({
  'guesses the delimiter': [Papa.parse('a;b\n1;2').meta.delimiter, ';'],
  'types': [Papa.parse('n,t,e\n1.5,"x,y",\ntrue,null,2', { header: true, dynamicTyping: true }).data, [{ n: 1.5, t: 'x,y', e: null }, { n: true, t: 'null', e: 2 }]],
  'errors': [Papa.parse('a,b\n1', { header: true, delimiter: ',' }).errors.map((error) => error.code), ['TooFewFields']],
  'writes': [Papa.unparse([{ a: 'x"y', b: 1 }]), 'a,b\r\n"x""y",1'],
});
