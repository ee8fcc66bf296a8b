// ms, dates: durations in words.
const ms = require('ms');

exports.lambda = async () => ({
  'reads': [['2 days', '1.5h', '-3 min', '1y'].map((text) => ms(text)), [172800000, 5400000, -180000, 31557600000]],
  'writes': [[ms(60000), ms(-3 * 60000, { long: true })], ['1m', '-3 minutes']],
});
