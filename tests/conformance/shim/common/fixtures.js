// Where do tests find their fixtures?
//
// In the virtual folder `/node/test/fixtures`, which holds those that the test names.
'use strict';

const fixturesDir = '/node/test/fixtures';

function path(...parts) {
  return require('path').join(fixturesDir, ...parts);
}

function read(file, encoding) {
  if (!harness.has(file)) throw new Error(`the harness has no fixture ${file}`);
  const bytes = harness.bytes(file);
  return encoding === undefined ? bytes : bytes.toString(encoding.encoding ?? encoding);
}

const readSync = (parts, encoding) => read(Array.isArray(parts) ? path(...parts) : path(parts), encoding);
const readKey = (name, encoding) => read(path('keys', name), encoding);

module.exports = {
  fixturesDir,
  path,
  fileURL: (...parts) => new URL(`file://${path(...parts)}`),
  readSync,
  readKey,
  readKeys: (encoding, ...names) => names.map((name) => readKey(name, encoding)),
  get utf8TestText() { return readSync('utf8_test_text.txt', 'utf8'); },
  get utf8TestTextPath() { return path('utf8_test_text.txt'); },
};
