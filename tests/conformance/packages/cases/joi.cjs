// joi, validators: schemas with references, conversions and messages.
const Joi = require('joi');

const schema = Joi.object({
  user: Joi.string().alphanum().min(3).max(30).required(),
  mail: Joi.string().email({ tlds: false }),
  birth: Joi.number().integer().min(1900).max(2013),
  secret: Joi.string(),
  again: Joi.ref('secret'),
}).with('secret', 'again');

exports.lambda = async () => {
  const message = (value) => schema.validate(value).error?.message;
  return {
    'converts': [schema.validate({ user: 'abc', birth: '1994' }).value, { user: 'abc', birth: 1994 }],
    'wants what is required': [message({}), '"user" is required'],
    'checks addresses': [message({ user: 'abc', mail: 'x' }), '"mail" must be a valid email'],
    'compares by reference': [message({ user: 'abc', secret: 'a', again: 'b' }), '"again" must be [ref:secret]'],
    'wants peers': [message({ user: 'abc', secret: 'a' }), '"secret" missing required peer "again"'],
  };
};
