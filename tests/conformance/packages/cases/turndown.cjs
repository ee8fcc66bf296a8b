// turndown, markdown: from HTML.
const TurndownService = require('turndown');

exports.lambda = async () => {
  const turndown = new TurndownService({ headingStyle: 'atx', codeBlockStyle: 'fenced' });
  return {
    'blocks': [turndown.turndown('<h2>T</h2><ul><li>a</li><li><b>b</b></li></ul>'), '## T\n\n*   a\n*   **b**'],
    'links': [turndown.turndown('<a href="https://a.de" title="x">y</a>'), '[y](https://a.de "x")'],
    'code': [turndown.turndown('<pre><code class="language-js">a;</code></pre>'), '```js\na;\n```'],
  };
};
