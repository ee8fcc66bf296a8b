// base64-js, strings: bytes as Base64.
const base64 = require('base64-js');

exports.lambda = async () => ({
  'of RFC 4648': [['', 'f', 'fo', 'foo', 'foob'].map((text) => base64.fromByteArray(new Uint8Array(Buffer.from(text)))), ['', 'Zg==', 'Zm8=', 'Zm9v', 'Zm9vYg==']],
  'back': [[...base64.toByteArray('AP8-_w==')], [0, 255, 62, 255]],
});
