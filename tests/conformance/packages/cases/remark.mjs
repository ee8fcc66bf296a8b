// remark, markdown: as a syntax tree that plugins change.
import { remark } from 'remark';

export async function lambda() {
  const shout = () => (tree) => {
    tree.children[0].children[0].value = tree.children[0].children[0].value.toUpperCase();
  };
  return {
    'changes': [String(await remark().use(shout).process('# title\n\n* a\n* b')), '# TITLE\n\n* a\n* b\n'],
    'a tree': [remark.parse !== undefined && remark().parse('*a* `b`').children[0].children.map((node) => node.type), ['emphasis', 'text', 'inlineCode']],
  };
}
