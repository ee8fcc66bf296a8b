// htmlparser2, parsers: HTML and XML as events and as a tree.
import { DomUtils, Parser, parseDocument } from 'htmlparser2';

export async function lambda() {
  const events = [];
  const parser = new Parser({
    onopentag: (name, attributes) => events.push(['open', name, { ...attributes }]),
    ontext: (text) => events.push(['text', text]),
    onclosetag: (name) => events.push(['close', name]),
  });
  parser.write('<a hre');
  parser.end('f="x">t</a>');
  const tree = parseDocument('<div><p>1</p><p>2</p></div>');
  return {
    'events over pieces': [events, [['open', 'a', { href: 'x' }], ['text', 't'], ['close', 'a']]],
    'a tree': [DomUtils.getElementsByTagName('p', tree).map((element) => DomUtils.textContent(element)), ['1', '2']],
    'XML': [parseDocument('<A/><b:C/>', { xmlMode: true }).children.map((node) => node.name), ['A', 'b:C']],
  };
}
