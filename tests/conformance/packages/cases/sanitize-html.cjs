// sanitize-html, strings: HTML without what is dangerous.
const sanitize = require('sanitize-html');

exports.lambda = async () => ({
  'scripts': [sanitize('<p onclick="x()">a<script>alert(1)</script></p>'), '<p>a</p>'],
  'addresses': [sanitize('<a href="javascript:x()">a</a><a href="https://b.de">b</a>'), '<a>a</a><a href="https://b.de">b</a>'],
  'transforms': [sanitize('<b>x</b>', { allowedTags: ['strong'], transformTags: { b: 'strong' } }), '<strong>x</strong>'],
});
