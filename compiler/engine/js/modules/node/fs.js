// `require('fs')`: a file system with one empty folder that takes nothing, so that what only looks for files goes on
// without them.
import { namespace } from 'sandglass:native';
import { validateFunction } from '__wasm_rquickjs_builtin/internal/validators';
import { Stats, answers, constants, failure, isRoot, pathOf } from 'sandglass:fs/answers';
import promises from 'fs/promises';

const fs = {};

// With a callback, which hears of it later; what is no argument is an error at once.
function later(name, answer) {
  return { [name](...args) {
    const callback = args.pop();
    validateFunction(callback, 'cb');
    let [error, value] = [null, undefined];
    try {
      value = answer(...args);
    } catch (thrown) {
      if (thrown.code.startsWith('ERR_')) throw thrown;
      error = thrown;
    }
    setImmediate(() => (error === null && value !== undefined ? callback(null, value) : callback(error)));
  } }[name];
}

for (const [name, answer] of Object.entries(answers)) {
  fs[name] = later(name, answer);
  fs[`${name}Sync`] = { [`${name}Sync`]: (...args) => answer(...args) }[`${name}Sync`];
}
for (const name of ['realpath', 'realpathSync']) fs[name].native = fs[name];

fs.existsSync = function existsSync(path) {
  try {
    return isRoot(pathOf(path));
  } catch {
    return false;
  }
};
fs.exists = function exists(path, callback) {
  validateFunction(callback, 'cb');
  const found = fs.existsSync(path);
  setImmediate(() => callback(found));
};

// Streams that end with what opening the file would say.
function failing(base, code) {
  return (path, options) => {
    const stream = new (namespace('stream').default[base])({ ...(typeof options === 'object' ? options : {}), read() {}, write() {} });
    const error = failure(code, 'open', pathOf(path));
    process.nextTick(() => stream.destroy(error));
    return Object.assign(stream, { path });
  };
}
fs.createReadStream = function createReadStream(path, options) { return failing('Readable', 'ENOENT')(path, options); };
fs.createWriteStream = function createWriteStream(path, options) { return failing('Writable', 'EROFS')(path, options); };

function unwatchable(name) {
  return { [name](path) { throw failure('ENOENT', 'watch', pathOf(path, 'filename')); } }[name];
}
fs.watch = unwatchable('watch');
fs.watchFile = function watchFile() {};
fs.unwatchFile = function unwatchFile() {};

// Entries of folders, of which there are none.
fs.Dirent = class Dirent {};
fs.ReadStream = fs.createReadStream;
fs.WriteStream = fs.createWriteStream;

Object.assign(fs, { constants, Stats, promises, F_OK: 0, R_OK: 4, W_OK: 2, X_OK: 1 });

export default fs;
