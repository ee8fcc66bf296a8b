// he, strings: HTML's character references.
const he = require('he');

exports.lambda = async () => ({
  'encodes': [he.encode('<ä & 𝌆>'), '&#x3C;&#xE4; &#x26; &#x1D306;&#x3E;'],
  'by name': [he.encode('foo © bar ≠ baz', { useNamedReferences: true }), 'foo &copy; bar &ne; baz'],
  'decodes': [he.decode('&lt;&auml;&#x20AC;&notit;&#128;'), '<ä€¬it;€'],
  'escapes': [he.escape('<img src=\'x\' onerror="p(1)">'), '&lt;img src=&#x27;x&#x27; onerror=&quot;p(1)&quot;&gt;'],
});
