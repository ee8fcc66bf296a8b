// jsonwebtoken, crypto: JSON Web Tokens with secrets and keys.
const jwt = require('jsonwebtoken');

const token = 'eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJuYW1lIjoiQWRhIn0.sYoQxWO6pqHxGOeCA7mb56mbwAGv2Jswhm2GSmIUj58';
const failure = (work) => {
  try {
    return work();
  } catch (error) {
    return `${error.name}: ${error.message}`;
  }
};

exports.lambda = async () => ({
  'signs': [jwt.sign({ name: 'Ada' }, 'secret', { noTimestamp: true }), token],
  'verifies': [jwt.verify(token, 'secret'), { name: 'Ada' }],
  'forged': [failure(() => jwt.verify(`${token.slice(0, -1)}9`, 'secret')), 'JsonWebTokenError: invalid signature'],
  'expired': [failure(() => jwt.verify(jwt.sign({ exp: 5 }, 'secret'), 'secret')), 'TokenExpiredError: jwt expired'],
  'audiences': [failure(() => jwt.verify(jwt.sign({}, 'secret', { audience: 'a' }), 'secret', { audience: 'b' })), 'JsonWebTokenError: jwt audience invalid. expected: b'],
  'decodes': [jwt.decode(token, { complete: true }).header, { alg: 'HS256', typ: 'JWT' }],
});
