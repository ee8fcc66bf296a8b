// json5, formats: JSON with comments, trailing commas and bare names.
const JSON5 = require('json5');

exports.lambda = async () => ({
  'parses': [JSON5.parse("{/* c */ a: 'x', b: [+1, .5, 0xF,], c: Infinity > 1}".replace('Infinity > 1', 'null')), { a: 'x', b: [1, 0.5, 15], c: null }],
  'writes': [JSON5.stringify({ a: "it's", 'b-c': [1] }), "{a:\"it's\",'b-c':[1]}"],
});
