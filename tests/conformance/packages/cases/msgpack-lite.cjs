// msgpack-lite, formats: MessagePack on Node.js's buffers.
const msgpack = require('msgpack-lite');

exports.lambda = async () => ({
  'encodes': [msgpack.encode({ a: [1, 'x'] }).toString('hex'), '81a1619201a178'],
  'decodes': [msgpack.decode(msgpack.encode({ a: { b: [true, null] } })), { a: { b: [true, null] } }],
});
