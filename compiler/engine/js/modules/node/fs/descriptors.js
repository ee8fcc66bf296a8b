// Files that are open.
import { Buffer } from 'buffer';
import { ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE } from '__wasm_rquickjs_builtin/internal/errors';
import { validateInteger } from '__wasm_rquickjs_builtin/internal/validators';
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
function positionOf(position) {
  if (position === null || position === undefined || position === -1 || position === -1n) return undefined;
  if (typeof position === 'bigint') {
    if (position < -1n || position > 9223372036854775807n) throw new ERR_OUT_OF_RANGE('position', '>= -1 && <= 9223372036854775807', position);
    return Number(position);
  }
  if (typeof position !== 'number') throw new ERR_INVALID_ARG_TYPE('position', ['integer', 'bigint'], position);
  validateInteger(position, 'position', -1, Number.MAX_SAFE_INTEGER);
  return position;
}

function fill(file, view, given) {
  if (isFolder(file.node)) throw failure('EISDIR', 'read');
  const start = Math.min(given ?? file.position, file.node.size);
  const bytes = bytesOfFile(file.node, start, Math.min(start + view.byteLength, file.node.size));
  new Uint8Array(view.buffer, view.byteOffset, view.byteLength).set(bytes);
  if (given === undefined) file.position = start + bytes.length;
  return bytes.length;
}

// `read(fd, buffer, offset, length, position)`, `read(fd, buffer, options)` or `read(fd, options)`, sorted out.
export function readArguments(buffer, offset, length, position) {
  let options;
  if (buffer === undefined || (buffer !== null && typeof buffer === 'object' && !ArrayBuffer.isView(buffer))) options = buffer ?? {};
  else if (offset !== null && typeof offset === 'object') options = { buffer, ...offset };
  else options = { buffer, offset, length, position };
  const view = options.buffer ?? (options === buffer || buffer === undefined ? Buffer.alloc(16384) : undefined);
  if (!ArrayBuffer.isView(view)) throw new ERR_INVALID_ARG_TYPE('buffer', ['Buffer', 'TypedArray', 'DataView'], view);
  const from = options.offset ?? 0;
  validateInteger(from, 'offset', 0);
  if (from > view.byteLength) throw new ERR_OUT_OF_RANGE('offset', `>= 0 && <= ${view.byteLength}`, from);
  const many = options.length ?? view.byteLength - from;
  validateInteger(many, 'length', 0);
  if (many > view.byteLength - from) throw new ERR_OUT_OF_RANGE('length', `<= ${view.byteLength - from}`, many);
  return [view, from, many, options.position];
}

export function read(descriptor, ...given) {
  descriptorOf(descriptor);
  const [view, offset, length, position] = readArguments(...given);
  const at = positionOf(position);
  if (length === 0) return 0;
  return fill(openFile(descriptor, 'read'), new Uint8Array(view.buffer, view.byteOffset + offset, length), at);
}

export function readv(descriptor, views, position) {
  descriptorOf(descriptor);
  if (!Array.isArray(views) || !views.every(ArrayBuffer.isView)) throw new ERR_INVALID_ARG_TYPE('buffers', 'ArrayBufferView[]', views);
  let at = positionOf(typeof position === 'function' ? null : position);
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
