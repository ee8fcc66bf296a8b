// validator, validators: texts such as addresses, card numbers and IBANs.
const validator = require('validator');

exports.lambda = async () => ({
  'addresses': [['a@b.de', 'a@b', '@b.de'].map((text) => validator.isEmail(text)), [true, false, false]],
  'card numbers': [['4111111111111111', '4111111111111112'].map((text) => validator.isCreditCard(text)), [true, false]],
  'IBANs': [['DE89370400440532013000', 'DE89370400440532013001'].map((text) => validator.isIBAN(text)), [true, false]],
  'URLs': [['https://example.com/a?b=c', 'nope', 'http://localhost'].map((text) => validator.isURL(text)), [true, false, false]],
  'phone numbers by locale': [validator.isMobilePhone('+4915123456789', 'de-DE'), true],
  'dates': [['2026-02-28', '2026-02-30'].map((text) => validator.isDate(text)), [true, false]],
  'escapes': [validator.escape('<a href="x">'), '&lt;a href=&quot;x&quot;&gt;'],
});
