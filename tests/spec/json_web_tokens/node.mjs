// Writes `node.json`, keys and a token of every algorithm, with Node.js's own `crypto` and no library:
// `node node.mjs > node.json`.
import { constants, createHmac, generateKeyPairSync, sign } from 'node:crypto';

const CURVES = { 256: 'P-256', 384: 'P-384', 512: 'P-521' };

function pair(type, options) {
  const make = () => generateKeyPairSync(type, {
    ...options,
    privateKeyEncoding: { format: 'pem', type: 'pkcs8' },
    publicKeyEncoding: { format: 'pem', type: 'spki' },
  });
  const { privateKey, publicKey } = make();
  return { private: privateKey, public: publicKey, other: make().publicKey };
}

const keys = {
  secret: { private: 'a secret of Node.js', public: 'a secret of Node.js', other: 'another secret' },
  rsa: pair('rsa', { modulusLength: 2048 }),
  ...Object.fromEntries(Object.values(CURVES).map((namedCurve) => [namedCurve, pair('ec', { namedCurve })])),
};

function signature(family, bits, data, key) {
  const hash = `sha${bits}`;
  const padding = constants.RSA_PKCS1_PSS_PADDING;
  switch (family) {
    case 'HS': return createHmac(hash, key).update(data).digest();
    case 'RS': return sign(hash, data, key);
    case 'PS': return sign(hash, data, { key, padding, saltLength: constants.RSA_PSS_SALTLEN_DIGEST });
    case 'ES': return sign(hash, data, { key, dsaEncoding: 'ieee-p1363' });
  }
}

function token(family, bits, key) {
  const text = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const signed = `${text({ alg: family + bits, typ: 'JWT' })}.${text({ sub: 'Ada' })}`;
  return `${signed}.${signature(family, bits, Buffer.from(signed), key).toString('base64url')}`;
}

const KEY_OF = { HS: () => 'secret', RS: () => 'rsa', PS: () => 'rsa', ES: (bits) => CURVES[bits] };
const tokens = Object.entries(KEY_OF).flatMap(([family, keyOf]) => [256, 384, 512].map((bits) => {
  const key = keyOf(bits);
  return { algorithm: family + bits, key, token: token(family, bits, keys[key].private) };
}));
console.log(JSON.stringify({ keys, tokens }, null, 2));
