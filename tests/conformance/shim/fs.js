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

// What stands for the program itself, which tests read as an example of a large file.
const PROGRAM_BYTES = 256 * 1024;

function createReadStream(file, options = {}) {
  const path = toPath(file);
  if (path !== process.execPath && !harness.has(path) && typeof real.createReadStream === 'function') return real.createReadStream(file, options);
  const { Readable } = require('stream');
  const { highWaterMark = 64 * 1024, start = 0, end = Infinity } = typeof options === 'object' ? options : {};
  let bytes;
  let at = 0;
  const stream = new Readable({
    highWaterMark,
    encoding: encodingOf(options),
    read() {
      try {
        bytes ??= (path === process.execPath ? Buffer.alloc(PROGRAM_BYTES) : readFileSync(path)).subarray(start, end + 1);
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

// A file of the harness that is open, as `fs/promises` hands it out.
class FileHandle {
  #bytes;
  #at = 0;

  constructor(bytes) { this.#bytes = bytes; }

  async read(buffer, offset = 0, length = undefined, position = null) {
    if (!ArrayBuffer.isView(buffer)) ({ buffer, offset = 0, length, position = null } = buffer);
    const target = new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength).subarray(offset);
    const from = position ?? this.#at;
    const chunk = this.#bytes.subarray(from, from + Math.min(length ?? target.length, target.length));
    target.set(chunk);
    if (position === null) this.#at += chunk.length;
    return { bytesRead: chunk.length, buffer };
  }

  async readFile(options) {
    const encoding = encodingOf(options);
    return encoding ? this.#bytes.toString(encoding) : this.#bytes;
  }

  async close() {}
}

async function open(file, ...rest) {
  const path = toPath(file);
  if (!harness.has(path) && typeof real.promises?.open === 'function') return real.promises.open(file, ...rest);
  return new FileHandle(readFileSync(path));
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
    open,
    readFile: async (file, options) => readFileSync(file, options),
  },
};
