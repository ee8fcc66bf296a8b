// fast-json-stable-stringify, data: JSON with its names in order.
const stringify = require('fast-json-stable-stringify');

exports.lambda = async () => ({
  'order': [stringify({ c: 8, b: [{ z: 6, y: 5 }], a: undefined }), '{"b":[{"y":5,"z":6}],"c":8}'],
  'by a function': [stringify({ a: 1, b: 2 }, (left, right) => (left.key < right.key ? 1 : -1)), '{"b":2,"a":1}'],
});
