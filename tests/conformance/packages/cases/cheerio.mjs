// cheerio, parsers: HTML with the interface of jQuery.
import { load } from 'cheerio/slim';

export async function lambda() {
  const $ = load('<ul id="list"><li class="a">1</li><li class="b"><b>2</b></li></ul>');
  $('li.a').addClass('x').attr('data-n', '5').after('<li>new</li>');
  return {
    'selects': [$('#list > li').map((_, element) => $(element).text()).get(), ['1', 'new', '2']],
    'changes': [$.html($('li.a')), '<li class="a x" data-n="5">1</li>'],
    'relations': [$('b').closest('li').attr('class'), 'b'],
    'pseudo classes': [$('li:nth-child(2), li:has(b)').length, 2],
  };
}
