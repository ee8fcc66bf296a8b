// valibot, validators: schemas as pipes of functions.
import * as v from 'valibot';

const Login = v.object({
  email: v.pipe(v.string(), v.trim(), v.email()),
  age: v.optional(v.pipe(v.number(), v.minValue(18)), 18),
});

export async function lambda() {
  const refused = v.safeParse(Login, { email: 'x', age: 3 });
  return {
    'pipes': [v.parse(Login, { email: ' a@b.de ' }), { email: 'a@b.de', age: 18 }],
    'flattens issues': [v.flatten(refused.issues).nested, { email: ['Invalid email: Received "x"'], age: ['Invalid value: Expected >=18 but received 3'] }],
    'variants': [v.is(v.variant('t', [v.object({ t: v.literal('a') }), v.object({ t: v.literal('b') })]), { t: 'b' }), true],
  };
}
