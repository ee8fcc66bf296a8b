const crypto = require('crypto');

const block = Buffer.alloc(Number(process.env.BLOCK_BYTES), 'x');

function lambda(input, callback) {
  for (let call = 0; call < input.payload.count; call += 1) {
    crypto.createHmac('sha256', 'a key of usual length, 32 bytes').update(block).digest();
  }
  callback(null, input.payload.count);
}
