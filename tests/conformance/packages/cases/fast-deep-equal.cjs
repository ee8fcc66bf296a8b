// fast-deep-equal, data: whether values are equal.
const equal = require('fast-deep-equal/es6');

exports.lambda = async () => ({
  'plain': [[equal({ a: [1, { b: NaN }] }, { a: [1, { b: NaN }] }), equal({ a: 1 }, { a: 1, b: undefined })], [true, false]],
  'maps, sets, dates': [[equal(new Map([['a', 1]]), new Map([['a', 1]])), equal(new Set([1]), new Set([2])), equal(new Date(5), new Date(5)), equal(/a/g, /a/i)], [true, false, true, false]],
  'bytes': [equal(new Uint8Array([1, 2]), new Uint8Array([1, 2])), true],
});
