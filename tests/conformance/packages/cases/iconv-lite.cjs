// iconv-lite, strings: character encodings.
const iconv = require('iconv-lite');

exports.lambda = async () => ({
  'Windows-1252': [iconv.encode('€ä', 'win1252').toString('hex'), '80e4'],
  'Shift JIS': [[iconv.encode('日本', 'shift_jis').toString('hex'), iconv.decode(Buffer.from('93fa967b', 'hex'), 'shift_jis')], ['93fa967b', '日本']],
  'GBK': [iconv.decode(Buffer.from('d6d0b9fa', 'hex'), 'gbk'), '中国'],
  'UTF-16': [iconv.encode('aé', 'utf16-be').toString('hex'), '006100e9'],
  'UTF-7': [iconv.encode('ü', 'utf7').toString(), '+APw-'],
  'byte order marks': [iconv.decode(Buffer.from('efbbbf61', 'hex'), 'utf8'), 'a'],
  'names': [[iconv.encodingExists('koi8-r'), iconv.encodingExists('nope')], [true, false]],
});
