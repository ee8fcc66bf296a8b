// markdown-it, markdown: CommonMark to HTML.
import MarkdownIt from 'markdown-it';

export async function lambda() {
  const markdown = new MarkdownIt({ linkify: true, typographer: true });
  return {
    'blocks': [markdown.render('> a\n\n1. b\n2. c'), '<blockquote>\n<p>a</p>\n</blockquote>\n<ol>\n<li>b</li>\n<li>c</li>\n</ol>\n'],
    'links': [markdown.renderInline('see https://a.de/ä'), 'see <a href="https://a.de/%C3%A4">https://a.de/ä</a>'],
    'typography': [markdown.renderInline('"a" -- (c)'), '“a” – ©'],
    'no HTML': [markdown.render('<script>'), '<p>&lt;script&gt;</p>\n'],
  };
}
