// deepmerge, data: objects into each other.
const merge = require('deepmerge');

exports.lambda = async () => ({
  'deep': [merge({ a: { b: [1], c: 1 } }, { a: { b: [2], d: 3 } }), { a: { b: [1, 2], c: 1, d: 3 } }],
  'arrays replaced': [merge([1, 2], [3], { arrayMerge: (_, next) => next }), [3]],
  'all': [merge.all([{ a: 1 }, { b: 2 }, { a: 3 }]), { a: 3, b: 2 }],
});
