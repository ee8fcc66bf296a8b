// elliptic, crypto: ECDSA, EdDSA and ECDH.
const elliptic = require('elliptic');

exports.lambda = async () => {
  const ec = new elliptic.ec('secp256k1');
  const eddsa = new elliptic.eddsa('ed25519');
  const pair = ec.keyFromPrivate('1');
  const signature = pair.sign('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
  const other = ec.genKeyPair();
  const secret = eddsa.keyFromSecret('9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60');
  return {
    'the generator': [pair.getPublic(true, 'hex'), '0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798'],
    'signs by RFC 6979': [[pair.verify('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad', signature), pair.verify('00', signature)], [true, false]],
    'shared secrets': [pair.derive(other.getPublic()).eq(other.derive(pair.getPublic())), true],
    'Ed25519 of RFC 8032': [Buffer.from(secret.getPublic()).toString('hex').slice(0, 32), 'd75a980182b10ab7d54bfed3c964073a'],
  };
};
