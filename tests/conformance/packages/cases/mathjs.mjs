// mathjs, numbers: expressions, matrices, units and fractions.
import { create, all } from 'mathjs';

export async function lambda() {
  const math = create(all);
  return {
    'expressions': [math.evaluate('sqrt(3^2 + 4^2) * x', { x: 2 }), 10],
    'matrices': [math.det([[2, 1], [1, 3]]), 5],
    'units': [math.evaluate('12.7 cm to inch').toString(), '5 inch'],
    'complex numbers': [math.evaluate('e^(i pi)').re, -1],
    'derivatives': [math.derivative('x^2 + 3x', 'x').toString(), '2 * x + 3'],
    'fractions': [math.format(math.add(math.fraction(1, 3), math.fraction(1, 6))), '1/2'],
  };
}
