// entities, strings: HTML's and XML's character references.
import { decodeHTML, decodeXML, encodeHTML, escapeText } from 'entities';

export async function lambda() {
  return {
    'decodes': [[decodeHTML('&auml;&notin;&#x1F600;&amp'), decodeXML('&auml;&lt;')], ['ä∉😀&', '&auml;<']],
    'encodes': [[encodeHTML('ä<'), escapeText('a<b>&"')], ['&auml;&lt;', 'a&lt;b&gt;&amp;"']],
  };
}
