// How does a test that is about something else read a fixture?
//
// Tests read fixtures by `fs`, whatever they are about. This is the engine's `fs`, as far as it has one, with the test's
// own files laid over it, for reading. The tests of `fs` itself do not get it.
'use strict';

let real = {};
try {
  real = harness.builtin('fs');
} catch {
  // The engine has none: only the test's files are there.
}

const toPath = (file) => (file instanceof URL ? decodeURIComponent(file.pathname) : String(file));
const encodingOf = (options) => (typeof options === 'string' ? options : options?.encoding);

function missing(call, file) {
  if (typeof real[call] === 'function') return undefined;
  return Object.assign(new Error(`ENOENT: no such file or directory, open '${file}'`), {
    code: 'ENOENT', errno: -2, syscall: 'open', path: String(file),
  });
}

function readFileSync(file, options) {
  const path = toPath(file);
  if (!harness.has(path)) {
    const error = missing('readFileSync', path);
    if (error) throw error;
    return real.readFileSync(file, options);
  }
  const encoding = encodingOf(options);
  const bytes = harness.bytes(path);
  return encoding && encoding !== 'buffer' ? bytes.toString(encoding) : bytes;
}

function readFile(file, ...rest) {
  const callback = rest.pop();
  let result;
  try {
    result = readFileSync(file, ...rest);
  } catch (error) {
    process.nextTick(callback, error);
    return;
  }
  process.nextTick(callback, null, result);
}

function createReadStream(file, options = {}) {
  const path = toPath(file);
  if (!harness.has(path) && typeof real.createReadStream === 'function') return real.createReadStream(file, options);
  const { Readable } = require('stream');
  const { highWaterMark = 64 * 1024, start = 0, end = Infinity } = typeof options === 'object' ? options : {};
  let bytes;
  let at = 0;
  const stream = new Readable({
    highWaterMark,
    encoding: encodingOf(options),
    read() {
      try {
        bytes ??= readFileSync(path).subarray(start, end + 1);
      } catch (error) {
        this.destroy(error);
        return;
      }
      const chunk = bytes.subarray(at, at + highWaterMark);
      at += chunk.length;
      this.push(chunk.length > 0 ? chunk : null);
    },
  });
  stream.path = file;
  return stream;
}

const existsSync = (file) => harness.has(toPath(file)) || (real.existsSync?.(file) ?? false);

module.exports = {
  __proto__: real,
  createReadStream,
  existsSync,
  readFile,
  readFileSync,
  promises: {
    __proto__: real.promises ?? null,
    readFile: async (file, options) => readFileSync(file, options),
  },
};
