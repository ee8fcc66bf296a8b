// aws4, crypto: Amazon's signature version 4.
const aws4 = require('aws4');

exports.lambda = async () => {
  const signer = new aws4.RequestSigner(
    { service: 'service', region: 'us-east-1', host: 'example.amazonaws.com', path: '/' },
    { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' },
  );
  signer.datetime = '20150830T123600Z';
  const signed = signer.sign();
  return {
    'get-vanilla of its test suite': [signed.headers.Authorization.split('Signature=')[1], '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31'],
  };
};
