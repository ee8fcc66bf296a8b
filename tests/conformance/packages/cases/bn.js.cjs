// bn.js, numbers: integers of any size, with modular arithmetic.
const BN = require('bn.js');

exports.lambda = async () => ({
  'products': [new BN('123456789012345678901234567890').mul(new BN('987654321')).toString(), String(123456789012345678901234567890n * 987654321n)],
  'modular powers': [new BN(3).toRed(BN.red(new BN(1000007))).redPow(new BN(1000)).fromRed().toString(), String((() => { let x = 1; for (let i = 0; i < 1000; i += 1) x = (x * 3) % 1000007; return x; })())],
  'bytes': [new BN('0102ff', 16).toArray('le', 4), [255, 2, 1, 0]],
});
