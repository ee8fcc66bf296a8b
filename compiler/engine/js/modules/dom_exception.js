// Errors of the web's own kind.
const CODES = { InvalidCharacterError: 5, DataCloneError: 25, TypeMismatchError: 17, QuotaExceededError: 22 };

export function domException(message, name) {
  if (typeof globalThis.DOMException === 'function') return new globalThis.DOMException(message, name);
  const error = new Error(message);
  Object.defineProperty(error, 'name', { value: name, configurable: true });
  Object.defineProperty(error, 'code', { value: CODES[name] ?? 0, configurable: true });
  return error;
}
