// slugify, strings: titles to addresses.
const slugify = require('slugify');

exports.lambda = async () => ({
  'letters with marks': [slugify('Déjà vu – Ça va?', { lower: true, strict: true }), 'deja-vu-ca-va'],
  'other scripts': [slugify('Привет мир'), 'Privet-mir'],
  'by locale': [slugify('Ä Ö ß', { locale: 'de' }), 'AE-OE-ss'],
  'signs': [slugify('a & b € c'), 'a-and-b-euro-c'],
});
