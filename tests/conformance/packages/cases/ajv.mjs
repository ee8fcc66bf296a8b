// ajv, validators: JSON Schema, which it compiles to functions, with formats and error texts.
import Ajv from 'ajv';
import addFormats from 'ajv-formats';

const ajv = addFormats(new Ajv({ allErrors: true }));
const validate = ajv.compile({
  type: 'object',
  properties: {
    id: { type: 'integer', minimum: 1 },
    mail: { type: 'string', format: 'email' },
    tags: { type: 'array', items: { type: 'string' }, uniqueItems: true },
  },
  required: ['id'],
  additionalProperties: false,
});

export async function lambda() {
  const errorsOf = (value) => (validate(value) ? [] : validate.errors.map((error) => `${error.instancePath} ${error.message}`));
  return {
    'takes what fits': [validate({ id: 1, mail: 'a@b.de', tags: ['x'] }), true],
    'names every error': [
      errorsOf({ mail: 'nope', tags: ['x', 'x'], more: 1 }),
      [
        " must have required property 'id'",
        ' must NOT have additional properties',
        '/mail must match format "email"',
        '/tags must NOT have duplicate items (items ## 1 and 0 are identical)',
      ],
    ],
    'keeps bounds': [errorsOf({ id: 0 }), ['/id must be >= 1']],
  };
}
