// protobufjs, formats: Protocol Buffers from their text.
const protobuf = require('protobufjs');

exports.lambda = async () => {
  const { root } = protobuf.parse('syntax = "proto3"; package p; enum E { A = 0; B = 1; } message M { string name = 1; repeated int32 n = 2; E e = 3; map<string, int64> m = 4; }');
  const M = root.lookupType('p.M');
  const bytes = M.encode(M.create({ name: 'ä', n: [1, 300], e: 1, m: { k: 5 } })).finish();
  return {
    'encodes': [Buffer.from(bytes).toString('hex'), '0a02c3a4120301ac0218012205' + '0a016b1005'],
    'decodes': [M.toObject(M.decode(bytes), { enums: String, longs: Number }), { name: 'ä', n: [1, 300], e: 'B', m: { k: 5 } }],
    'verifies': [M.verify({ name: 5 }), 'name: string expected'],
  };
};
