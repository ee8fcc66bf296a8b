// tweetnacl, crypto: boxes, secret boxes and Ed25519.
const nacl = require('tweetnacl');

const hex = (bytes) => Buffer.from(bytes).toString('hex');

exports.lambda = async () => {
  const seed = Buffer.from('9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60', 'hex');
  const pair = nacl.sign.keyPair.fromSeed(new Uint8Array(seed));
  const [ada, bob] = [nacl.box.keyPair(), nacl.box.keyPair()];
  const nonce = nacl.randomBytes(24);
  const box = nacl.box(new Uint8Array([1, 2, 3]), nonce, bob.publicKey, ada.secretKey);
  return {
    'Ed25519 of RFC 8032': [hex(pair.publicKey), 'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a'],
    'its signature': [hex(nacl.sign.detached(new Uint8Array(0), pair.secretKey)).slice(0, 32), 'e5564300c360ac729086e2cc806e828a'],
    'boxes': [[...nacl.box.open(box, nonce, ada.publicKey, bob.secretKey)], [1, 2, 3]],
    'forged boxes': [nacl.box.open(box.map((byte, at) => (at ? byte : byte ^ 1)), nonce, ada.publicKey, bob.secretKey), null],
    'SHA-512': [hex(nacl.hash(new Uint8Array(Buffer.from('abc')))).slice(0, 32), 'ddaf35a193617abacc417349ae204131'],
  };
};
