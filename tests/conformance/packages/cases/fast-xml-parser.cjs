// fast-xml-parser, formats: XML to values and back.
const { XMLBuilder, XMLParser, XMLValidator } = require('fast-xml-parser');

exports.lambda = async () => {
  const options = { ignoreAttributes: false, attributeNamePrefix: '@' };
  const value = new XMLParser(options).parse('<?xml version="1.0"?><a id="7"><b>1</b><b>two</b><c><![CDATA[<x>]]></c></a>');
  return {
    'parses': [value.a, { '@id': '7', b: [1, 'two'], c: '<x>' }],
    'writes': [new XMLBuilder(options).build({ a: { '@id': '7', b: [1, 'two & three'] } }), '<a id="7"><b>1</b><b>two &amp; three</b></a>'],
    'validates': [XMLValidator.validate('<a><b></a>').err.code, 'InvalidTag'],
  };
};
