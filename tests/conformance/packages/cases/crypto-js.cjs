// crypto-js, crypto: hashes, ciphers and key derivation in JavaScript.
const CryptoJS = require('crypto-js');

exports.lambda = async () => {
  const key = CryptoJS.enc.Hex.parse('2b7e151628aed2a6abf7158809cf4f3c');
  const block = CryptoJS.enc.Hex.parse('6bc1bee22e409f96e93d7e117393172a');
  const sealed = CryptoJS.AES.encrypt(block, key, { mode: CryptoJS.mode.ECB, padding: CryptoJS.pad.NoPadding });
  return {
    'SHA-256': [CryptoJS.SHA256('abc').toString(), 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'],
    'HMAC-MD5': [CryptoJS.HmacMD5('what do ya want for nothing?', 'Jefe').toString(), '750c783e6ab0b503eaa86e310a5db738'],
    'AES of SP 800-38A': [sealed.ciphertext.toString(), '3ad77bb40d7a3660a89ecaf32466ef97'],
    'PBKDF2 of RFC 6070': [CryptoJS.PBKDF2('password', 'salt', { keySize: 5, iterations: 2, hasher: CryptoJS.algo.SHA1 }).toString(), 'ea6c014dc72d6f8ccd1ed92ace1d41f0d8de8957'],
    'a passphrase': [CryptoJS.AES.decrypt(CryptoJS.AES.encrypt('text', 'secret').toString(), 'secret').toString(CryptoJS.enc.Utf8), 'text'],
  };
};
