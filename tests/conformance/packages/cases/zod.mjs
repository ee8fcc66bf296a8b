// zod, validators: schemas as types, with transforms and issues by path.
import { z } from 'zod';

const User = z.object({
  name: z.string().trim().min(1),
  age: z.coerce.number().int().positive(),
  role: z.enum(['admin', 'user']).default('user'),
  site: z.url().optional(),
});

export async function lambda() {
  const refused = User.safeParse({ name: '', age: '1.5', site: 'nope' });
  return {
    'transforms and fills in': [User.parse({ name: ' Ada ', age: '36' }), { name: 'Ada', age: 36, role: 'user' }],
    'names the paths': [refused.error.issues.map((issue) => issue.path.join('.')), ['name', 'age', 'site']],
    'tells unions apart': [
      z.discriminatedUnion('kind', [
        z.object({ kind: z.literal('a'), n: z.number() }),
        z.object({ kind: z.literal('b'), s: z.string() }),
      ]).safeParse({ kind: 'b', s: 1 }).success,
      false,
    ],
    'refines asynchronously': [
      (await z.string().refine(async (text) => text.length > 2).safeParseAsync('ab')).success,
      false,
    ],
  };
}
