// uri-js, http: URIs after RFC 3986.
const URI = require('uri-js');

exports.lambda = async () => ({
  'resolves': [['../g', '?y', '//g', 'g;x=1/../y'].map((text) => URI.resolve('http://a/b/c/d;p?q', text)), ['http://a/b/g', 'http://a/b/c/d;p?y', 'http://g', 'http://a/b/c/y']],
  'normalizes': [URI.normalize('HTTP://ABC.com:80/%7Esmith/./home.html'), 'http://abc.com/~smith/home.html'],
});
