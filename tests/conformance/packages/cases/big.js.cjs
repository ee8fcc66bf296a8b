// big.js, numbers: decimals of any size.
const Big = require('big.js');

exports.lambda = async () => ({
  'decimals': [[new Big('0.1').plus('0.2').toString(), Big(1).div(3).toFixed(5)], ['0.3', '0.33333']],
  'powers': [new Big(2).pow(100).toFixed(), '1267650600228229401496703205376'],
  'rounding': [[new Big('2.5').round(0, 1).toString(), new Big('2.5').round(0, 2).toString()], ['3', '2']],
});
