// bignumber.js, numbers: decimals in any base.
import BigNumber from 'bignumber.js';

export async function lambda() {
  return {
    'decimals': [new BigNumber('0.7').minus('0.4').toString(), '0.3'],
    'bases': [[new BigNumber('ff', 16).toString(10), new BigNumber(255).toString(2)], ['255', '11111111']],
    'formats': [new BigNumber('1234567.891').toFormat(2), '1,234,567.89'],
    'roots': [new BigNumber(2).sqrt().toFixed(10), '1.4142135624'],
  };
}
