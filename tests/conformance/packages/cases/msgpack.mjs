// @msgpack/msgpack, formats: MessagePack.
import { decode, encode, ExtensionCodec } from '@msgpack/msgpack';

export async function lambda() {
  const codec = new ExtensionCodec();
  codec.register({ type: 1, encode: (value) => (value instanceof Set ? encode([...value]) : null), decode: (bytes) => new Set(decode(bytes)) });
  return {
    'encodes': [Buffer.from(encode({ a: [1, -1, 1.5, null, 'ä'] })).toString('hex'), '81a16195' + '01ff' + 'cb3ff8000000000000' + 'c0' + 'a2c3a4'],
    'decodes': [decode(encode({ a: [1, { b: true }] })), { a: [1, { b: true }] }],
    'extensions': [[...decode(encode(new Set([1, 2]), { extensionCodec: codec }), { extensionCodec: codec })], [1, 2]],
    'dates': [decode(encode(new Date(1e12))), new Date(1e12)],
  };
}
