// yup, validators: schemas with casts and asynchronous checks.
import * as yup from 'yup';

const schema = yup.object({
  name: yup.string().required(),
  age: yup.number().required().positive().integer(),
  since: yup.date().default(() => new Date(0)),
});

export async function lambda() {
  const refused = await schema.validate({ age: -1.5 }, { abortEarly: false }).catch((error) => error);
  return {
    'casts': [await schema.validate({ name: 'Ada', age: '36', since: '2026-01-31' }), { name: 'Ada', age: 36, since: new Date(2026, 0, 31) }],
    'collects errors': [refused.errors.toSorted(), ['age must be a positive number', 'age must be an integer', 'name is a required field']],
    'says whether': [await schema.isValid({ name: 'x', age: 1 }), true],
  };
}
