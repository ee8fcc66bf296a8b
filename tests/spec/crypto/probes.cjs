// What does `crypto` answer? Each probe gives something that JSON has, or throws; nothing in it is random.
//
// Here the source of a lambda, and for Node.js itself a module (`node.mjs`).
const crypto = require('crypto');

const hex = (bytes) => Buffer.from(bytes).toString('hex');
const data = Buffer.from('The quick brown fox jumps over the lazy dog');
const key = (bytes) => Buffer.from(Array.from({ length: bytes }, (_, at) => (at * 7 + 3) % 256));
const later = (call) => new Promise((resolve, reject) => call((error, value) => (error ? reject(error) : resolve(value))));

const RSA = {
  kty: 'RSA', e: 'AQAB',
  n: 'ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ',
  d: 'Eq5xpGnNCivDflJsRQBXHx1hdR1k6Ulwe2JZD50LpXyWPEAeP88vLNO97IjlA7_GQ5sLKMgvfTeXZx9SE-7YwVol2NXOoAJe46sui395IW_GO-pWJ1O0BkTGoVEn2bKVRUCgu-GjBVaYLU6f3l9kJfFNS3E0QbVdxzubSu3Mkqzjkn439X0M_V51gfpRLI9JYanrC4D4qAdGcopV_0ZHHzQlBjudU2QvXt4ehNYTCBr6XCLQUShb1juUO1ZdiYoFaFQT5Tw8bGUl_x_jTj3ccPDVZFD9pIuhLhBOneufuBiB4cS98l2SR_RQyGWSeWjnczT0QU91p1DhOVRuOopznQ',
  p: '4BzEEOtIpmVdVEZNCqS7baC4crd0pqnRH_5IB3jw3bcxGn6QLvnEtfdUdiYrqBdss1l58BQ3KhooKeQTa9AB0Hw_Py5PJdTJNPY8cQn7ouZ2KKDcmnPGBY5t7yLc1QlQ5xHdwW1VhvKn-nXqhJTBgIPgtldC-KDV5z-y2XDwGUc',
  q: 'uQPEfgmVtjL0Uyyx88GZFF1fOunH3-7cepKmtH4pxhtCoHqpWmT8YAmZxaewHgHAjLYsp1ZSe7zFYHj7C6ul7TjeLQeZD_YwD66t62wDmpe_HlB-TnBA-njbglfIsRLtXlnDzQkv5dTltRJ11BKBBypeeF6689rjcJIDEz9RWdc',
  dp: 'BwKfV3Akq5_MFZDFZCnW-wzl-CCo83WoZvnLQwCTeDv8uzluRSnm71I3QCLdhrqE2e9YkxvuxdBfpT_PI7Yz-FOKnu1R6HsJeDCjn12Sk3vmAktV2zb34MCdy7cpdTh_YVr7tss2u6vneTwrA86rZtu5Mbr1C1XsmvkxHQAdYo0',
  dq: 'h_96-mK1R_7glhsum81dZxjTnYynPbZpHziZjeeHcXYsXaaMwkOlODsWa7I9xXDoRwbKgB719rrmI2oKr6N3Do9U0ajaHF-NKJnwgjMd2w9cjz3_-kyNlxAr2v4IKhGNpmM5iIgOS1VZnOZ68m6_pbLBSp3nssTdlqvd0tIiTHU',
  qi: 'IYd7DHOhrWvxkwPQsRM2tOgrjbcrfvtQJipd-DlcxyVuuMk9BB7ZPd7tAjSxyDVmDyUAjJ6Ba1LnPpBPC8SVgMbJ5PdJvDK6K1aP4KmmuxuQLl2K4xEMTMjqzVKwb7CfRTnXzmJ4tuRlTu_eCKWkN8rLFXmULq9cQzEW8HkJU00',
};
const P256 = {
  kty: 'EC', crv: 'P-256', x: 'f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU', y: 'x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0',
  d: 'jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI',
};
const privateKey = (jwk) => crypto.createPrivateKey({ key: jwk, format: 'jwk' });
const publicKey = (jwk) => crypto.createPublicKey(privateKey(jwk));
const ofSeed = (type, oid, bytes) => crypto.createPrivateKey({
  key: Buffer.concat([Buffer.from(`30${(14 + bytes).toString(16)}020100300506032b65${oid}04${(bytes + 2).toString(16)}04${bytes.toString(16)}`, 'hex'), key(bytes)]),
  format: 'der', type: 'pkcs8',
});

// Encrypts in pieces and decrypts again.
function cipher(name, keyBytes, ivBytes, options, aad) {
  const given = [name, key(keyBytes), ivBytes === 0 ? null : key(ivBytes), options];
  const encrypt = crypto.createCipheriv(...given);
  const decrypt = crypto.createDecipheriv(...given);
  const whole = name.includes('ccm');
  if (aad) encrypt.setAAD(Buffer.from(aad), { plaintextLength: data.length });
  const pieces = whole ? [data] : [data.subarray(0, 5), data.subarray(5, 22), data.subarray(22)];
  const made = Buffer.concat([...pieces.map((piece) => encrypt.update(piece)), encrypt.final()]);
  const tag = encrypt.getAuthTag && options !== null ? encrypt.getAuthTag() : undefined;
  if (tag) decrypt.setAuthTag(tag);
  if (aad) decrypt.setAAD(Buffer.from(aad), { plaintextLength: data.length });
  const opened = whole ? [decrypt.update(made)] : [decrypt.update(made.subarray(0, 17)), decrypt.update(made.subarray(17))];
  return [hex(made), tag && hex(tag), Buffer.concat([...opened, decrypt.final()]).toString()];
}

const plain = (name, keyBytes, ivBytes) => cipher(name, keyBytes, ivBytes, null);

const { subtle } = globalThis.crypto;
const secret = (bytes, name, uses) => subtle.importKey(
  'raw', key(bytes), name, name.startsWith('AES'), uses);

async function derived(name, parameters, bits) {
  const base = await secret(16, name, ['deriveBits', 'deriveKey']);
  const made = await subtle.deriveKey({ name, ...parameters }, base, { name: 'AES-GCM', length: 256 }, true, ['encrypt']);
  return [hex(await subtle.deriveBits({ name, ...parameters }, base, bits)), hex(await subtle.exportKey('raw', made))];
}

async function round(algorithm, uses = ['encrypt', 'decrypt']) {
  const secretKey = await secret(32, algorithm.name, uses);
  const made = await subtle.encrypt(algorithm, secretKey, data);
  return [hex(made), Buffer.from(await subtle.decrypt(algorithm, secretKey, made)).toString()];
}

const HASHES = [
  'md5', 'sha1', 'sha224', 'sha256', 'sha384', 'sha512', 'sha512-224', 'sha512-256', 'sha3-224', 'sha3-256', 'sha3-384',
  'sha3-512', 'shake128', 'shake256', 'ripemd160', 'blake2b512', 'blake2s256', 'RSA-SHA256', 'SHA512',
];
const MACS = HASHES.filter((name) => !name.startsWith('shake'));

const probes = {
  hashes: Object.fromEntries([
    ...HASHES.map((name) => [name, () => crypto.createHash(name).update('a').update(data).digest('hex')]),
    ['shake128 of 5', () => crypto.createHash('shake128', { outputLength: 5 }).update(data).digest('hex')],
    ['shake256 of 0', () => crypto.createHash('shake256', { outputLength: 0 }).update(data).digest('hex')],
    ['sha256 of 5', () => crypto.createHash('sha256', { outputLength: 5 })],
    ['a copy', () => {
      const hash = crypto.createHash('sha256').update('a');
      return [hash.copy().update('b').digest('hex'), hash.update('c').digest('hex')];
    }],
    ['hash', () => [crypto.hash('sha1', 'x'), crypto.hash('sha1', data, 'base64')]],
    ['none', () => crypto.createHash('md6')],
    ['nothing', () => crypto.createHash()],
    ['no data', () => crypto.createHash('sha1').update(5)],
    ['twice', () => { const hash = crypto.createHash('sha1'); hash.digest(); return hash.digest(); }],
    ...MACS.map((name) => [`hmac ${name}`, () => crypto.createHmac(name, key(200)).update(data).digest('hex')]),
    ['hmac none', () => crypto.createHmac('md6', 'key')],
    ['hmac without a key', () => crypto.createHmac('md5', null)],
  ]),
  derivation: {
    pbkdf2: () => hex(crypto.pbkdf2Sync('password', 'salt', 1000, 70, 'sha512')),
    'pbkdf2 later': () => later((done) => crypto.pbkdf2('password', 'salt', 1, 20, 'sha1', done)).then(hex),
    'pbkdf2 sha3': () => hex(crypto.pbkdf2Sync('password', 'salt', 3, 33, 'sha3-256')),
    'pbkdf2 of nothing': () => crypto.pbkdf2Sync('password', 'salt', 0, 20, 'sha1'),
    'pbkdf2 without a hash': () => crypto.pbkdf2Sync('password', 'salt', 1, 20),
    'pbkdf2 with none': () => crypto.pbkdf2Sync('password', 'salt', 1, 20, 'md6'),
    'pbkdf2 without a callback': () => crypto.pbkdf2('password', 'salt', 1, 20, 'sha1'),
    scrypt: () => hex(crypto.scryptSync('password', 'NaCl', 64, { N: 1024, r: 8, p: 16, maxmem: 64 << 20 })),
    'scrypt by default': () => hex(crypto.scryptSync('password', 'salt', 32)),
    'scrypt later': () => later((done) => crypto.scrypt('', '', 64, { N: 16, r: 1, p: 1 }, done)).then(hex),
    'scrypt of odd cost': () => crypto.scryptSync('password', 'salt', 32, { N: 1000 }),
    'scrypt of much memory': () => crypto.scryptSync('password', 'salt', 32, { N: 2 ** 20 }),
    'scrypt twice': () => crypto.scryptSync('password', 'salt', 32, { N: 16, cost: 16 }),
    hkdf: () => hex(crypto.hkdfSync('sha256', key(22), key(13), key(10), 42)),
    'hkdf later': () => later((done) => crypto.hkdf('sha512', 'key', 'salt', 'info', 64, done)).then(hex),
    'hkdf of too much': () => crypto.hkdfSync('sha256', 'key', 'salt', 'info', 255 * 32 + 1),
    'subtle PBKDF2': () => derived('PBKDF2', { hash: 'SHA-256', salt: key(8), iterations: 10 }, 128),
    'subtle HKDF': () => derived('HKDF', { hash: 'SHA-384', salt: key(8), info: key(3) }, 264),
  },
  ciphers: {
    ...Object.fromEntries([128, 192, 256].flatMap((bits) => [
      [`cbc ${bits}`, () => plain(`aes-${bits}-cbc`, bits / 8, 16)], [`ctr ${bits}`, () => plain(`aes-${bits}-ctr`, bits / 8, 16)],
      [`ecb ${bits}`, () => plain(`aes-${bits}-ecb`, bits / 8, 0)], [`ofb ${bits}`, () => plain(`aes-${bits}-ofb`, bits / 8, 16)],
      [`cfb ${bits}`, () => plain(`aes-${bits}-cfb`, bits / 8, 16)],
      [`gcm ${bits}`, () => cipher(`aes-${bits}-gcm`, bits / 8, 12, undefined, 'aad')],
      [`gcm ${bits} with a long iv`, () => cipher(`aes-${bits}-gcm`, bits / 8, 33, { authTagLength: 12 })],
      [`ccm ${bits}`, () => cipher(`aes-${bits}-ccm`, bits / 8, 11, { authTagLength: 10 }, 'more')],
      [`ocb ${bits}`, () => cipher(`aes-${bits}-ocb`, bits / 8, 12, { authTagLength: 16 }, 'more of it, longer than a block')],
    ])),
    'des-ede3-cbc': () => plain('des-ede3-cbc', 24, 8),
    chacha20: () => plain('chacha20', 32, 16),
    'chacha20-poly1305': () => cipher('chacha20-poly1305', 32, 12, { authTagLength: 16 }, 'aad'),
    'a wrap': () => hex(crypto.createCipheriv('id-aes256-wrap', key(32), Buffer.alloc(8, 0xa6)).update(key(24))),
    'a padded wrap': () => hex(crypto.createCipheriv('id-aes128-wrap-pad', key(16), key(4)).update(key(7))),
    'without padding': () => {
      const given = crypto.createCipheriv('aes-128-cbc', key(16), key(16)).setAutoPadding(false);
      return hex(Buffer.concat([given.update(key(32)), given.final()]));
    },
    'half a block': () => {
      const given = crypto.createCipheriv('aes-128-cbc', key(16), key(16)).setAutoPadding(false);
      return [given.update(key(9)), given.final()];
    },
    'a wrong key': () => {
      const made = crypto.createCipheriv('aes-128-cbc', key(16), key(16)).update(key(32));
      const given = crypto.createDecipheriv('aes-128-cbc', key(17).subarray(1), key(16));
      return [given.update(made), given.final()];
    },
    'a wrong tag': () => {
      const given = crypto.createDecipheriv('aes-128-gcm', key(16), key(12)).setAuthTag(key(16));
      return [given.update('x'), given.final()];
    },
    'no tag': () => crypto.createDecipheriv('aes-128-gcm', key(16), key(12)).final(),
    'a short tag': () => crypto.createDecipheriv('aes-128-gcm', key(16), key(12)).setAuthTag(key(3)),
    'a tag too early': () => crypto.createCipheriv('aes-128-gcm', key(16), key(12)).getAuthTag(),
    'a short key': () => crypto.createCipheriv('aes-128-gcm', key(15), key(12)),
    'no iv': () => crypto.createCipheriv('aes-128-cbc', key(16), null),
    'a long iv': () => crypto.createCipheriv('aes-128-cbc', key(16), key(17)),
    'no cipher': () => crypto.createCipheriv('aes-1', key(16), key(16)),
    information: () => ['aes-128-gcm', 'AES-256-CBC', 'chacha20-poly1305', 'des-ede3-cbc', 'aes-1'].map(
      (name) => crypto.getCipherInfo(name) ?? null),
    text: () => {
      const given = crypto.createCipheriv('aes-256-ctr', key(32), key(16));
      return given.update('h\u00e4llo', 'utf8', 'base64') + given.final('base64');
    },
    'subtle AES-GCM': () => round({ name: 'AES-GCM', iv: key(12), additionalData: key(5), tagLength: 96 }),
    'subtle AES-CBC': () => round({ name: 'AES-CBC', iv: key(16) }),
    'subtle AES-CTR': () => round({ name: 'AES-CTR', counter: Buffer.alloc(16, 0xff), length: 9 }),
    'subtle AES-KW': async () => {
      const [inner, outer] = [await secret(16, 'AES-GCM', ['encrypt']), await secret(32, 'AES-KW', ['wrapKey', 'unwrapKey'])];
      const wrapped = await subtle.wrapKey('raw', inner, outer, 'AES-KW');
      const again = await subtle.unwrapKey('raw', wrapped, outer, 'AES-KW', 'AES-GCM', true, ['encrypt']);
      return [hex(wrapped), hex(await subtle.exportKey('raw', again))];
    },
    'a wrong tag for subtle': async () => subtle.decrypt(
      { name: 'AES-GCM', iv: key(12) }, await secret(16, 'AES-GCM', ['decrypt']), key(20)),
    'a use that is not allowed': async () => subtle.encrypt(
      { name: 'AES-GCM', iv: key(12) }, await secret(16, 'AES-GCM', ['decrypt']), key(20)),
    'no algorithm': () => subtle.importKey('raw', key(16), 'AES-XTS', true, ['encrypt']),
  },
  keys: {
    'RSA signatures': () => ['md5', 'sha1', 'sha224', 'sha256', 'sha512', 'sha3-256', 'ripemd160'].map(
      (name) => hex(crypto.sign(name, data, privateKey(RSA))).slice(0, 40)),
    'RSA with PSS': () => [['sha256', 20], ['sha1', -1], ['sha384', -2]].map(([name, saltLength]) => {
      const given = { padding: crypto.constants.RSA_PKCS1_PSS_PADDING, saltLength };
      const signature = crypto.sign(name, data, { key: privateKey(RSA), ...given });
      return [crypto.verify(name, data, { key: publicKey(RSA), ...given }, signature),
        crypto.verify(name, data, { key: publicKey(RSA), ...given, saltLength: 11 }, signature)];
    }),
    'RSA without randomness': () => {
      const { privateEncrypt, publicDecrypt } = crypto;
      const made = privateEncrypt(privateKey(RSA), data);
      return [hex(made), publicDecrypt(publicKey(RSA), made).toString()];
    },
    'RSA-OAEP': () => ['sha1', 'sha256', 'sha512'].map((oaepHash) => {
      const given = { oaepHash, oaepLabel: Buffer.from('label') };
      return crypto.privateDecrypt(
        { key: privateKey(RSA), ...given }, crypto.publicEncrypt({ key: publicKey(RSA), ...given }, data)).toString();
    }),
    'RSA-OAEP with a wrong label': () => crypto.privateDecrypt(
      { key: privateKey(RSA), oaepLabel: Buffer.from('other') }, crypto.publicEncrypt(publicKey(RSA), data)),
    'too much for RSA-OAEP': () => crypto.publicEncrypt(publicKey(RSA), key(215)),
    'ECDSA with other hashes': () => ['sha1', 'sha384', 'sha512'].map((name) => crypto.verify(
      name, data, publicKey(P256), crypto.sign(name, data, privateKey(P256)))),
    'Ed25519 and Ed448': () => [['ed25519', '70', 32], ['ed448', '71', 57]].map(
      (given) => hex(crypto.sign(null, data, ofSeed(...given)))),
    'keys of curves': () => [['x25519', '6e', 32], ['x448', '6f', 56], ['ed448', '71', 57]].map(
      (given) => crypto.createPublicKey(ofSeed(...given)).export({ format: 'jwk' })),
    ECDH: () => ['prime256v1', 'secp384r1', 'secp521r1', 'secp256k1'].map((curve) => {
      const [ours, theirs] = [crypto.createECDH(curve), crypto.createECDH(curve)];
      ours.setPrivateKey(key(31));
      theirs.setPrivateKey(key(30));
      return [ours.getPublicKey('hex'), ours.getPublicKey('hex', 'compressed'), ours.getPublicKey('hex', 'hybrid'),
        ours.computeSecret(theirs.getPublicKey(null, 'compressed'), null, 'hex'),
        crypto.ECDH.convertKey(theirs.getPublicKey(null, 'compressed'), curve, null, 'hex')];
    }),
    'an agreement': () => [['x25519', '6e', 32], ['x448', '6f', 56]].map((given) => hex(crypto.diffieHellman({
      privateKey: ofSeed(...given), publicKey: crypto.createPublicKey(ofSeed(...given)),
    }))),
    'no agreement': () => crypto.diffieHellman({ privateKey: privateKey(P256), publicKey: publicKey(RSA) }),
    'no point': () => crypto.createECDH('prime256v1').computeSecret(key(65)),
    groups: () => ['modp1', 'modp2', 'modp5', 'modp14', 'modp15', 'modp16', 'modp17', 'modp18'].map(
      (name) => crypto.createHash('sha256').update(crypto.getDiffieHellman(name).getPrime()).digest('hex')),
    'classic Diffie-Hellman': () => {
      const [ours, theirs] = [crypto.getDiffieHellman('modp5'), crypto.getDiffieHellman('modp5')];
      ours.generateKeys();
      return [ours.computeSecret(theirs.generateKeys()).equals(theirs.computeSecret(ours.getPublicKey())),
        ours.verifyError, ours.getGenerator('hex')];
    },
    'encrypted and read again': () => [['pkcs8', 'aes-256-cbc'], ['pkcs1', 'aes-128-cbc'], ['pkcs8', 'des-ede3-cbc']].map(
      ([type, cipherName]) => {
        const pem = privateKey(RSA).export({ format: 'pem', type, cipher: cipherName, passphrase: 'secret' });
        return [pem.split('\n')[0], crypto.createPrivateKey({ key: pem, passphrase: 'secret' }).equals(privateKey(RSA))];
      }),
    'a wrong passphrase': () => crypto.createPrivateKey({
      key: privateKey(RSA).export({ format: 'pem', type: 'pkcs8', cipher: 'aes-256-cbc', passphrase: 'a' }), passphrase: 'b',
    }),
    'no passphrase': () => crypto.createPrivateKey(
      privateKey(RSA).export({ format: 'pem', type: 'pkcs8', cipher: 'aes-256-cbc', passphrase: 'a' })),
    'no key': () => crypto.createPrivateKey('no key'),
    pairs: () => [
      ['ec', { namedCurve: 'P-384' }], ['ed25519'], ['ed448'], ['x25519'], ['x448'], ['rsa', { modulusLength: 1024 }],
    ].map(([type, options]) => {
      const pair = crypto.generateKeyPairSync(type, options);
      const { publicExponent, ...details } = pair.publicKey.asymmetricKeyDetails;
      return [pair.publicKey.asymmetricKeyType, pair.privateKey.type, details, `${publicExponent}`,
        crypto.createPublicKey(pair.privateKey).equals(pair.publicKey)];
    }),
    'a pair of no kind': () => crypto.generateKeyPairSync('dsb'),
    'a pair on no curve': () => crypto.generateKeyPairSync('ec', { namedCurve: 'P-1' }),
    'a short RSA key': () => crypto.generateKeyPairSync('rsa', { modulusLength: 256 }),
    'a secret key': () => [crypto.generateKeySync('hmac', { length: 72 }).symmetricKeySize,
      crypto.generateKeySync('aes', { length: 192 }).export().length],
    'RSA for subtle': async () => {
      const algorithm = { name: 'RSA-OAEP', hash: 'SHA-256' };
      const [open, own] = await Promise.all([
        subtle.importKey('spki', publicKey(RSA).export({ format: 'der', type: 'spki' }), algorithm, true, ['encrypt']),
        subtle.importKey('jwk', { ...RSA, alg: 'RSA-OAEP-256' }, algorithm, false, ['decrypt']),
      ]);
      const made = await subtle.encrypt({ name: 'RSA-OAEP', label: key(3) }, open, data);
      return [Buffer.from(await subtle.decrypt({ name: 'RSA-OAEP', label: key(3) }, own, made)).toString(),
        await subtle.exportKey('jwk', open)];
    },
    'agreements for subtle': async () => {
      const pair = await subtle.generateKey({ name: 'ECDH', namedCurve: 'P-521' }, true, ['deriveBits']);
      const other = await subtle.generateKey({ name: 'ECDH', namedCurve: 'P-521' }, true, ['deriveBits']);
      const [a, b] = await Promise.all([
        subtle.deriveBits({ name: 'ECDH', public: other.publicKey }, pair.privateKey, 528),
        subtle.deriveBits({ name: 'ECDH', public: pair.publicKey }, other.privateKey, 528),
      ]);
      return [hex(a) === hex(b), a.byteLength, pair.publicKey.usages, pair.privateKey.algorithm];
    },
  },
  numbers: {
    primes: () => [2n, 3n, 4n, 65537n, 2n ** 127n - 1n, 2n ** 129n - 1n].map((number) => crypto.checkPrimeSync(number)),
    'a prime': () => {
      const prime = crypto.generatePrimeSync(96, { bigint: true, safe: true });
      return [prime >> 95n === 1n, crypto.checkPrimeSync(prime), crypto.checkPrimeSync((prime - 1n) / 2n)];
    },
    'the smallest primes': () => [2, 3, 4].map((bits) => new Set(Array.from({ length: 20 }, () => (
      Number(crypto.generatePrimeSync(bits, { bigint: true }))
    )))).map((drawn) => [...drawn]),
    'the smallest safe primes': () => [3, 6].map((bits) => Number(crypto.generatePrimeSync(bits, { bigint: true, safe: true }))),
    'a safe prime of five bits': () => crypto.generatePrimeSync(5, { safe: true }),
    'a prime with a remainder': () => crypto.generatePrimeSync(32, { bigint: true, add: 12n, rem: 11n }) % 12n === 11n,
    'a prime of no bits': () => crypto.generatePrimeSync(0),
    integers: () => [crypto.randomInt(5) < 5, crypto.randomInt(5, 6)],
    'no integer': () => crypto.randomInt(1.5),
    'a reversed range': () => crypto.randomInt(5, 5),
    'too wide a range': () => crypto.randomInt(0, 2 ** 48),
    'too many bytes': () => crypto.randomBytes(-1),
    filled: () => [crypto.randomFillSync(Buffer.alloc(8), 4).subarray(0, 4).toString('hex'),
      crypto.randomFillSync(new Uint32Array(2)).length],
    UUID: () => /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(crypto.randomUUID()),
    equal: () => [crypto.timingSafeEqual(data, data), crypto.timingSafeEqual(key(4), key(5).subarray(1))],
    'not as long': () => crypto.timingSafeEqual(key(4), key(5)),
    'no bytes': () => crypto.timingSafeEqual('a', 'b'),
    'too many values': () => globalThis.crypto.getRandomValues(new Uint8Array(65537)),
    'no integers': () => globalThis.crypto.getRandomValues(new Float32Array(1)),
  },
};

async function answer(probe) {
  try {
    return (await probe()) ?? null;
  } catch ({ name, code, message }) {
    return { name, code, message };
  }
}

async function answers(module) {
  const given = {};
  for (const [name, probe] of Object.entries(probes[module])) given[name] = await answer(probe);
  return JSON.parse(JSON.stringify(given));
}

module.exports = { answers, modules: Object.keys(probes) };
