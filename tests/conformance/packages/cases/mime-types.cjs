// mime-types, http: types of files.
const mime = require('mime-types');

exports.lambda = async () => ({
  'of names': [[mime.lookup('a/b.JSON'), mime.lookup('x.webp'), mime.lookup('nope')], ['application/json', 'image/webp', false]],
  'with charsets': [mime.contentType('index.html'), 'text/html; charset=utf-8'],
  'extensions': [mime.extension('image/jpeg'), 'jpg'],
});
