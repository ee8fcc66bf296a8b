// hash.js, crypto: hashes and HMACs in JavaScript.
const hash = require('hash.js');

exports.lambda = async () => ({
  'SHA-1': [hash.sha1().update('abc').digest('hex'), 'a9993e364706816aba3e25717850c26c9cd0d89d'],
  'SHA-512': [hash.sha512().update('abc').digest('hex').slice(0, 32), 'ddaf35a193617abacc417349ae204131'],
  'RIPEMD-160': [hash.ripemd160().update('abc').digest('hex'), '8eb208f7e05d987a9b044a8e98c6b087f15a0bfc'],
  'HMAC of RFC 4231': [hash.hmac(hash.sha256, 'Jefe').update('what do ya want for nothing?').digest('hex'), '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843'],
});
