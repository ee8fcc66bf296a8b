// @noble/curves, crypto: elliptic curves, audited.
import { ed25519, x25519 } from '@noble/curves/ed25519.js';
import { p256 } from '@noble/curves/nist.js';
import { secp256k1 } from '@noble/curves/secp256k1.js';
import { bytesToHex, hexToBytes } from '@noble/curves/utils.js';

export async function lambda() {
  const secret = hexToBytes('9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60');
  const one = hexToBytes('00'.repeat(31) + '01');
  const text = new TextEncoder().encode('text');
  const signature = p256.sign(text, one);
  return {
    'Ed25519 of RFC 8032': [bytesToHex(ed25519.sign(new Uint8Array(), secret)).slice(0, 32), 'e5564300c360ac729086e2cc806e828a'],
    'the generator of secp256k1': [bytesToHex(secp256k1.getPublicKey(one)), '0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798'],
    'P-256 signs and verifies': [[p256.verify(signature, text, p256.getPublicKey(one)), p256.verify(signature, text.slice(1), p256.getPublicKey(one))], [true, false]],
    'X25519 of RFC 7748': [
      bytesToHex(x25519.scalarMult(hexToBytes('a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4'), hexToBytes('e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c'))),
      'c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552',
    ],
  };
}
