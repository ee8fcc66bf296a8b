// smol-toml, formats: TOML 1.0.
import { parse, stringify } from 'smol-toml';

export async function lambda() {
  let refused;
  try {
    parse('a = 1\na = 2');
  } catch (error) {
    refused = [error.line, error.column];
  }
  const value = parse('title = "x"\n[owner]\ndob = 1979-05-27T07:32:00Z\n[[list]]\nn = 0x1F\n[[list]]\nn = 1_000.5\n');
  return {
    'parses': [JSON.parse(JSON.stringify(value)), { title: 'x', owner: { dob: '1979-05-27T07:32:00.000Z' }, list: [{ n: 31 }, { n: 1000.5 }] }],
    'writes': [stringify({ a: 1, b: { c: ['x'] } }).trim(), 'a = 1\n\n[b]\nc = [ "x" ]'],
    'places of errors': [refused, [2, 1]],
  };
}
