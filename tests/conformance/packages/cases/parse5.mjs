// parse5, parsers: HTML as browsers read it.
import { parse, parseFragment, serialize } from 'parse5';

export async function lambda() {
  return {
    'mends': [serialize(parseFragment('<p>a<p>b<table><b>c')), '<p>a</p><p>b</p><b>c</b><table></table>'],
    'documents': [serialize(parse('<!doctype html><title>x</title>y')), '<!DOCTYPE html><html><head><title>x</title></head><body>y</body></html>'],
    'references': [parseFragment('&amp;&lt;&nbsp;&notin;').childNodes[0].value, '&<\u00a0∉'],
  };
}
