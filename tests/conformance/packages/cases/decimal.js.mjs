// decimal.js, numbers: decimals with functions of analysis.
import { Decimal } from 'decimal.js';

export async function lambda() {
  const Precise = Decimal.clone({ precision: 30 });
  return {
    'roots': [new Decimal(2).sqrt().toFixed(20), '1.41421356237309504880'],
    'pi': [Precise.acos(-1).toString(), '3.14159265358979323846264338328'],
    'logarithms': [new Precise(10).ln().toString(), '2.30258509299404568401799145468'],
    'fractions': [new Decimal('0.75').toFraction().toString(), '3,4'],
  };
}
