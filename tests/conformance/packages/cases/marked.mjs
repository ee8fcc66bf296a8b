// marked, markdown: to HTML, with extensions.
import { Marked } from 'marked';

export async function lambda() {
  const marked = new Marked({ renderer: { heading: ({ text, depth }) => `<h${depth} id="${text.toLowerCase()}">${text}</h${depth}>\n` } });
  return {
    'blocks': [marked.parse('# Title\n\n- a\n- *b*\n'), '<h1 id="title">Title</h1>\n<ul>\n<li>a</li>\n<li><em>b</em></li>\n</ul>\n'],
    'tables': [marked.parse('|a|b|\n|-|:-:|\n|1|2|').includes('<td align="center">2</td>'), true],
    'code': [marked.parse('```js\na < b\n```'), '<pre><code class="language-js">a &lt; b\n</code></pre>\n'],
    'tokens': [marked.lexer('x **y**')[0].tokens.map((token) => token.type), ['text', 'strong']],
  };
}
