// oauth-1.0a, crypto: signatures of OAuth 1.0a; the example of its specification, appendix A.5.
const crypto = require('crypto');
const OAuth = require('oauth-1.0a');

exports.lambda = async () => {
  const oauth = OAuth({
    consumer: { key: 'dpf43f3p2l4k3l03', secret: 'kd94hf93k423kf44' },
    signature_method: 'HMAC-SHA1',
    hash_function: (base, key) => crypto.createHmac('sha1', key).update(base).digest('base64'),
  });
  oauth.getNonce = () => 'kllo9940pd9333jh';
  oauth.getTimeStamp = () => 1191242096;
  const request = { url: 'http://photos.example.net/photos', method: 'GET', data: { file: 'vacation.jpg', size: 'original' } };
  const signed = oauth.authorize(request, { key: 'nnch734d00sl2jdk', secret: 'pfkkdhi9sl3r4s00' });
  return {
    'the signature': [signed.oauth_signature, 'tR3+Ty81lMeYAr/Fid0kMTYa/WM='],
    'the header': [oauth.toHeader(signed).Authorization.startsWith('OAuth oauth_consumer_key="dpf43f3p2l4k3l03", oauth_nonce='), true],
  };
};
