// Errors with a `code`, as Node.js has them where the web's standards throw a plain one.
export function coded(Type, code, message) {
  return Object.assign(new Type(message), { code });
}
