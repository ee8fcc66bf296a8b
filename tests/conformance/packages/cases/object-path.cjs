// object-path, data: values by path.
const path = require('object-path');

exports.lambda = async () => {
  const value = { a: { b: [1] } };
  path.push(value, 'a.b', 2);
  path.set(value, 'c.0.d', 3);
  path.del(value, 'a.b.0');
  return { 'changes': [value, { a: { b: [2] }, c: [{ d: 3 }] }], 'defaults': [path.get(value, 'x.y', 'no'), 'no'] };
};
