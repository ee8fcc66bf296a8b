// What the classes of URLs have in common: their strings and their errors.

/** The name of the method that says how Node.js shows a value. */
export const INSPECT = Symbol.for('nodejs.util.inspect.custom');

/** An error with a code of Node.js. */
export function coded(Type, code, message, properties) {
  return Object.assign(new Type(message), { code }, properties);
}

/** The error of a method that is called on something else. */
export function invalidThis(name) {
  return coded(TypeError, 'ERR_INVALID_THIS', `Value of "this" must be of type ${name}`);
}

/** A value as a string of whole characters. */
export function wellFormed(value) {
  if (typeof value === 'symbol') throw new TypeError('Cannot convert a Symbol value to a string');
  return `${value}`.toWellFormed();
}
