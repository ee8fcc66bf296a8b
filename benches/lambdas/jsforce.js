// The browser build of jsforce-core, from `node benches/library/fetch.mjs`: the environment carries
// its text, since it is ten times longer than a lambda's source may be.
const parts = Object.keys(process.env).filter((key) => key.startsWith('LIBRARY_')).sort();
const text = parts.map((key) => process.env[key]).join('');
const jsforce = new Function('window', `${text}\nreturn jsforce;`)(globalThis);

function lambda(input, callback) {
  const connection = typeof (jsforce.Connection ?? jsforce.default.Connection);
  callback(null, { message: `Hello ${input.payload.name}`, connection });
}
