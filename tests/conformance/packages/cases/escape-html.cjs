// escape-html, strings: five characters of HTML.
const escape = require('escape-html');

exports.lambda = async () => ({
  'escapes': [escape('<script>"&\'</script>'), '&lt;script&gt;&quot;&amp;&#39;&lt;/script&gt;'],
  'leaves the rest': [escape('äöü 123'), 'äöü 123'],
});
