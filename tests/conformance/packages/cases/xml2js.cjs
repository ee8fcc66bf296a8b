// xml2js, formats: XML to values and back.
const xml2js = require('xml2js');

exports.lambda = async () => ({
  'parses': [await xml2js.parseStringPromise('<a x="1"><b>1</b><b>2</b></a>'), { a: { $: { x: '1' }, b: ['1', '2'] } }],
  'plainly': [await xml2js.parseStringPromise('<a x="1"><b>1</b></a>', { explicitArray: false, mergeAttrs: true }), { a: { x: '1', b: '1' } }],
  'writes': [new xml2js.Builder({ headless: true, renderOpts: { pretty: false } }).buildObject({ a: { $: { x: 1 }, b: 'q<' } }), '<a x="1"><b>q&lt;</b></a>'],
  'errors': [await xml2js.parseStringPromise('<a><b></a>').catch((error) => error.message.split('\n')[0]), 'Unexpected close tag'],
});
