// `require('fs')`: the files that the lambda brought along, below `/`, which nothing can change.
import { namespace } from 'sandglass:native';
import { validateFunction } from '__wasm_rquickjs_builtin/internal/validators';
import { answers } from 'sandglass:fs/answers';
import { descriptorOf, pathOf } from 'sandglass:fs/arguments';
import { constants } from 'sandglass:fs/constants';
import { readArguments, readPart } from 'sandglass:fs/descriptors';
import { Dir } from 'sandglass:fs/dir';
import { Dirent, Stats } from 'sandglass:fs/stats';
import { find, look } from 'sandglass:fs/tree';
import promises from 'fs/promises';

const fs = {};
const custom = Symbol.for('nodejs.util.promisify.custom');

// The answer of a call, or its error; what is no argument is an error at once.
function answerOf(answer, args) {
  try {
    return [null, answer(...args)];
  } catch (thrown) {
    if (thrown.code?.startsWith('ERR_') && thrown.code !== 'ERR_FS_EISDIR') throw thrown;
    return [thrown, undefined];
  }
}

// With a callback, which hears of it later.
function later(name, answer) {
  return { [name](...args) {
    const callback = args.length > 1 ? args.pop() : undefined;
    if (callback !== undefined || name !== 'close') validateFunction(callback, 'cb');
    const [error, value] = answerOf(answer, args);
    setImmediate(() => {
      if (callback === undefined) {
        if (error !== null) throw error;
      } else if (error !== null) callback(error);
      else if (value === undefined) callback(null);
      else callback(null, value);
    });
  } }[name];
}

for (const [name, answer] of Object.entries(answers)) {
  fs[name] = later(name, answer);
  fs[`${name}Sync`] = { [`${name}Sync`]: (...args) => answer(...args) }[`${name}Sync`];
}
for (const name of ['realpath', 'realpathSync']) fs[name].native = fs[name];

// Reading tells how much it read, and into what.
fs.read = function read(fd, ...args) {
  const callback = args.pop();
  validateFunction(callback, 'cb');
  descriptorOf(fd);
  const given = readArguments(...args);
  const [error, count] = answerOf(readPart, [fd, given]);
  setImmediate(() => (error === null ? callback(null, count, given[0]) : callback(error)));
};
fs.readv = function readv(fd, buffers, ...args) {
  const callback = args.pop();
  validateFunction(callback, 'cb');
  const [error, count] = answerOf(answers.readv, [fd, buffers, ...args]);
  setImmediate(() => (error === null ? callback(null, count, buffers) : callback(error)));
};
fs.read[custom] = async (fd, ...args) => {
  const given = readArguments(...args);
  return { bytesRead: readPart(fd, given), buffer: given[0] };
};
fs.readv[custom] = async (fd, buffers, position) => ({ bytesRead: answers.readv(fd, buffers, position), buffers });

fs.existsSync = function existsSync(path) {
  try {
    return look(pathOf(path)) !== undefined;
  } catch {
    return false;
  }
};
fs.exists = function exists(path, callback) {
  validateFunction(callback, 'cb');
  const found = fs.existsSync(path);
  setImmediate(() => callback(found));
};
fs.exists[custom] = async (path) => fs.existsSync(path);

fs.createReadStream = function createReadStream(path, options) { return new fs.ReadStream(path, options); };
fs.createWriteStream = function createWriteStream(path, options) { return new fs.WriteStream(path, options); };
fs.openAsBlob = async function openAsBlob(path, options) {
  return new Blob([answers.readFile(path)], { type: options?.type ?? '' });
};

// Nothing ever changes.
fs.watch = function watch(path, options, listener) {
  find(pathOf(path, 'filename'), 'watch');
  const { EventEmitter } = namespace('events').default;
  const watcher = new EventEmitter();
  const heard = typeof options === 'function' ? options : listener;
  if (heard !== undefined) watcher.on('change', heard);
  return Object.assign(watcher, { close() { process.nextTick(() => watcher.emit('close')); }, ref: () => watcher, unref: () => watcher });
};
fs.watchFile = function watchFile() {};
fs.unwatchFile = function unwatchFile() {};

// Streams stand on a large module, which is loaded for who makes one.
for (const [name, exported] of [
  ['ReadStream', 'ReadStream'], ['WriteStream', 'WriteStream'], ['FileReadStream', 'ReadStream'], ['FileWriteStream', 'WriteStream'],
]) {
  let replaced;
  Object.defineProperty(fs, name, {
    get: () => replaced ?? namespace('sandglass:fs/streams')[exported],
    set(value) { replaced = value; },
    enumerable: true,
    configurable: true,
  });
}

Object.assign(fs, { constants, Dir, Dirent, Stats, promises, F_OK: 0, R_OK: 4, W_OK: 2, X_OK: 1 });

export default fs;
