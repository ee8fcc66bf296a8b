// flatted, data: JSON with circles.
import { parse, stringify } from 'flatted';

export async function lambda() {
  const ring = { name: 'ring' };
  ring.self = ring;
  const again = parse(stringify(ring));
  return { 'circles': [[again.self === again, again.name], [true, 'ring']], 'text': [stringify({ a: ['x'] }), '[{"a":"1"},["2"],"x"]'] };
}
