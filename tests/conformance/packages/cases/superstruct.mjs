// superstruct, validators: composable structs.
import { array, assert, coerce, create, defaulted, is, number, object, optional, size, string, StructError } from 'superstruct';

const Article = object({ id: number(), title: size(string(), 1, 5), tags: defaulted(array(string()), []), note: optional(string()) });

export async function lambda() {
  let refused;
  try {
    assert({ id: '1', title: 'x', tags: [] }, Article);
  } catch (error) {
    refused = error;
  }
  return {
    'fills in': [create({ id: 1, title: 'abc' }, Article), { id: 1, title: 'abc', tags: [] }],
    'says whether': [is({ id: 1, title: 'abcdef', tags: [] }, Article), false],
    'names the path': [[refused instanceof StructError, refused.path, refused.message], [true, ['id'], 'At path: id -- Expected a number, but received: "1"']],
    'coerces': [create('12', coerce(number(), string(), (text) => parseFloat(text))), 12],
  };
}
