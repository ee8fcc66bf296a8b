// Files that are open.
import { Buffer } from 'buffer';
import { ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, ERR_OUT_OF_RANGE } from '__wasm_rquickjs_builtin/internal/errors';
import { validateInteger, validateObject } from '__wasm_rquickjs_builtin/internal/validators';
import { descriptorOf, flagsOf, optionsOf } from 'sandglass:fs/arguments';
import { constants } from 'sandglass:fs/constants';
import { failure } from 'sandglass:fs/errors';
import { bytesOfFile, find, findParent, isFolder, look } from 'sandglass:fs/tree';

// By number, from 3 on, the least that is free.
const open = new Map();

export function opened(path, flags, name) {
  const bits = flagsOf(flags, name);
  const isWriting = (bits & (constants.O_WRONLY | constants.O_RDWR)) !== 0;
  if ((bits & constants.O_CREAT) !== 0 && look(path) === undefined) {
    findParent(path, 'open');
    throw failure('EROFS', 'open', path);
  }
  const node = find(path, 'open');
  if ((bits & constants.O_EXCL) !== 0 && (bits & constants.O_CREAT) !== 0) throw failure('EEXIST', 'open', path);
  if (isWriting) throw failure(isFolder(node) ? 'EISDIR' : 'EROFS', 'open', path);
  if ((bits & constants.O_DIRECTORY) !== 0 && !isFolder(node)) throw failure('ENOTDIR', 'open', path);
  let descriptor = 3;
  while (open.has(descriptor)) descriptor += 1;
  open.set(descriptor, { node, position: 0 });
  return descriptor;
}

export function openFile(descriptor, syscall) {
  const file = open.get(descriptorOf(descriptor));
  if (file === undefined) throw failure('EBADF', syscall);
  return file;
}

export function close(descriptor) {
  openFile(descriptor, 'close');
  open.delete(descriptor);
}

// What is left of an open file, as reading it to its end gives it.
export function rest(descriptor) {
  const file = openFile(descriptor, 'read');
  if (isFolder(file.node)) throw failure('EISDIR', 'read');
  const bytes = bytesOfFile(file.node, Math.min(file.position, file.node.size));
  file.position = file.node.size;
  return bytes;
}

// Where reading begins: at a position, or where the last one ended.
function positionOf(position, length) {
  if (position === null || position === undefined) return undefined;
  if (typeof position === 'number') validateInteger(position, 'position', -1);
  else if (typeof position === 'bigint') {
    const most = 2n ** 63n - 1n - BigInt(length);
    if (position < -1n || position > most) throw new ERR_OUT_OF_RANGE('position', `>= -1 && <= ${most}`, position);
  } else throw new ERR_INVALID_ARG_TYPE('position', ['integer', 'bigint'], position);
  return Number(position) === -1 ? undefined : Number(position);
}

function fill(file, view, given) {
  if (isFolder(file.node)) throw failure('EISDIR', 'read');
  const start = Math.min(given ?? file.position, file.node.size);
  const bytes = bytesOfFile(file.node, start, Math.min(start + view.byteLength, file.node.size));
  new Uint8Array(view.buffer, view.byteOffset, view.byteLength).set(bytes);
  if (given === undefined) file.position = start + bytes.length;
  return bytes.length;
}

function checkBuffer(buffer) {
  if (!ArrayBuffer.isView(buffer)) throw new ERR_INVALID_ARG_TYPE('buffer', ['Buffer', 'TypedArray', 'DataView'], buffer);
}

// What is to be read into a buffer, by options or one by one.
function partOf(buffer, options, ...given) {
  checkBuffer(buffer);
  let [offset, length, position] = given;
  if (options !== undefined) {
    if (options !== null) validateObject(options, 'options');
    ({ offset = 0, length = buffer.byteLength - offset, position = null } = options ?? {});
  }
  if (offset === null || offset === undefined) offset = 0;
  else validateInteger(offset, 'offset', 0);
  length |= 0;
  if (length === 0) return [buffer, offset, 0, null];
  if (buffer.byteLength === 0) throw new ERR_INVALID_ARG_VALUE('buffer', buffer, 'is empty and cannot be written');
  if (length < 0) throw new ERR_OUT_OF_RANGE('length', '>= 0', length);
  if (length > buffer.byteLength - offset) throw new ERR_OUT_OF_RANGE('length', `<= ${buffer.byteLength - offset}`, length);
  return [buffer, offset, length, positionOf(position, length)];
}

// The same of the arguments of `read` before its callback: a buffer and more, a buffer and options, options, or nothing.
export function readArguments(...args) {
  const [buffer, offset] = args;
  if (args.length > 2) return partOf(buffer, undefined, ...args.slice(1));
  if (args.length === 2) return partOf(buffer, offset ?? null);
  if (ArrayBuffer.isView(buffer)) return partOf(buffer, null);
  if (args.length === 1 && buffer !== null && buffer !== undefined) validateObject(buffer, 'options');
  return partOf(buffer?.buffer === undefined ? Buffer.alloc(16384) : buffer.buffer, buffer ?? null);
}

// What `readSync` and a handle take: its buffer is there, and options may stand beside more.
export function readSyncArguments(buffer, offset, ...rest) {
  checkBuffer(buffer);
  const isOptions = rest.length === 0 || (offset !== null && typeof offset === 'object');
  return isOptions ? partOf(buffer, offset ?? null) : partOf(buffer, undefined, offset, ...rest);
}

export function readPart(descriptor, [view, offset, length, position]) {
  if (length === 0) return 0;
  return fill(openFile(descriptor, 'read'), new Uint8Array(view.buffer, view.byteOffset + offset, length), position);
}

export function read(descriptor, ...given) {
  descriptorOf(descriptor);
  return readPart(descriptor, readSyncArguments(...given));
}

export function readv(descriptor, views, position) {
  descriptorOf(descriptor);
  if (!Array.isArray(views) || !views.every(ArrayBuffer.isView)) throw new ERR_INVALID_ARG_TYPE('buffers', 'ArrayBufferView[]', views);
  let at = typeof position === 'function' ? undefined : positionOf(position, 0);
  const file = openFile(descriptor, 'read');
  let total = 0;
  for (const view of views) {
    const count = fill(file, view, at);
    total += count;
    if (at !== undefined) at += count;
    if (count < view.byteLength) break;
  }
  return total;
}

// All of a file, by its path or its descriptor.
export function readFile(path, options, isDescriptor) {
  const { encoding, flag } = optionsOf(options);
  const descriptor = isDescriptor ? path : opened(path, flag, 'options.flag');
  try {
    const bytes = rest(descriptor);
    return encoding && encoding !== 'buffer' ? bytes.toString(encoding) : bytes;
  } finally {
    if (!isDescriptor) open.delete(descriptor);
  }
}
