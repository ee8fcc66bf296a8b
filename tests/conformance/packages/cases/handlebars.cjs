// handlebars, templates: logic by helpers, compiled in the lambda.
const Handlebars = require('handlebars');

exports.lambda = async () => {
  const engine = Handlebars.create();
  engine.registerHelper('shout', (text) => text.toUpperCase());
  engine.registerPartial('item', '<{{name}}>');
  let refused;
  try {
    engine.compile('{{#if}}')({});
  } catch (error) {
    refused = error.message.split('\n')[0];
  }
  return {
    'loops, helpers and partials': [engine.compile('{{#each list}}{{@index}}{{> item}}{{else}}none{{/each}}{{shout x}}')({ list: [{ name: 'a' }, { name: 'b' }], x: 'y' }), '0<a>1<b>Y'],
    'escapes': [engine.compile('{{a}} {{{a}}}')({ a: '<&>' }), '&lt;&amp;&gt; <&>'],
    'no prototypes': [engine.compile('{{constructor.name}}')({}), ''],
    'errors': [refused, 'Parse error on line 1:'],
  };
};
