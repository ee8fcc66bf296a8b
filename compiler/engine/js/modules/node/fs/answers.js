// What does each function of `fs` answer, at once? It returns it or throws it. The files are those that the lambda
// brought along; nothing of them can be changed.
import { validateInteger } from '__wasm_rquickjs_builtin/internal/validators';
import {
  checkData, checkMode, checkOwner, checkTime, descriptorOf, named, optionsOf, pathOf,
} from 'sandglass:fs/arguments';
import { constants } from 'sandglass:fs/constants';
import { close, openFile, opened, read, readFile, readv } from 'sandglass:fs/descriptors';
import { Dir } from 'sandglass:fs/dir';
import { failure } from 'sandglass:fs/errors';
import { Dirent, statsOf } from 'sandglass:fs/stats';
import { find, findParent, isFolder, look, pathOfNode } from 'sandglass:fs/tree';

function access(file, mode = constants.F_OK) {
  const path = pathOf(file);
  const asked = typeof mode === 'function' ? constants.F_OK : mode;
  validateInteger(asked, 'mode', 0, 7);
  const node = find(path, 'access');
  if ((asked & constants.W_OK) !== 0) throw failure('EROFS', 'access', path);
  if ((asked & constants.X_OK) !== 0 && !isFolder(node)) throw failure('EACCES', 'access', path);
}

function stat(syscall) {
  return (file, options) => {
    const path = pathOf(file);
    if (options?.throwIfNoEntry === false && look(path) === undefined) return undefined;
    return statsOf(find(path, syscall), options?.bigint === true);
  };
}

function readdir(file, options) {
  const path = pathOf(file);
  const { encoding, withFileTypes, recursive } = optionsOf(options);
  const node = find(path, 'scandir');
  if (!isFolder(node)) throw failure('ENOTDIR', 'scandir', path);
  const entries = [];
  const list = (folder, place, before) => {
    for (const child of [...folder.children.values()].sort((a, b) => (a.name < b.name ? -1 : 1))) {
      entries.push(withFileTypes ? new Dirent(child, place, encoding) : named(before + child.name, encoding));
      if (recursive && isFolder(child)) list(child, `${place === '/' ? '' : place}/${child.name}`, `${before}${child.name}/`);
    }
  };
  list(node, path, '');
  return entries;
}

function opendir(file, options) {
  const path = pathOf(file);
  const { encoding } = optionsOf(options);
  const node = find(path, 'opendir');
  if (!isFolder(node)) throw failure('ENOTDIR', 'opendir', path);
  return new Dir(node, path, encoding);
}

function readlink(file) {
  const path = pathOf(file);
  find(path, 'readlink');
  throw failure('EINVAL', 'readlink', path);
}

function realpath(file, options) {
  return named(pathOfNode(find(pathOf(file), 'lstat')), optionsOf(options).encoding);
}

function rm(file, options) {
  const path = pathOf(file);
  if (options?.force && look(path) === undefined) return;
  const node = find(path, 'rm');
  if (isFolder(node) && !options?.recursive) {
    const error = new Error(`Path is a directory: rm returned EISDIR (is a directory) ${path}`);
    throw Object.assign(error, { name: 'SystemError', code: 'ERR_FS_EISDIR', errno: 21, syscall: 'rm', path });
  }
  throw failure('EROFS', 'rm', path);
}

// What changes something that is there, by the name of the system's call.
const CHANGES = {
  chmod: 'chmod', chown: 'chown', lchmod: 'chmod', lchown: 'lchown', lutimes: 'lutime', rmdir: 'rmdir', truncate: 'open',
  unlink: 'unlink', utimes: 'utime',
};
// What makes something, or changes what is there.
const MAKES = { appendFile: 'open', writeFile: 'open' };
const MOVES = { copyFile: 'copyfile', cp: 'cp', link: 'link', rename: 'rename' };
// What changes a file that is open, which is open for reading only.
const ON_OPEN = ['fchmod', 'fchown', 'fdatasync', 'fsync', 'ftruncate', 'futimes', 'write', 'writev'];
const HARMLESS = new Set(['fdatasync', 'fsync']);

function mkdir(file, options) {
  const path = pathOf(file);
  checkMode(typeof options === 'object' ? options?.mode : options, 'mode', 0o777);
  const node = look(path);
  if (node !== undefined && options?.recursive && isFolder(node)) return undefined;
  if (node !== undefined) throw failure('EEXIST', 'mkdir', path);
  if (!options?.recursive) findParent(path, 'mkdir');
  throw failure('EROFS', 'mkdir', path);
}

function mkdtemp(prefix) {
  const path = `${pathOf(prefix, 'prefix')}XXXXXX`;
  findParent(path, 'mkdtemp');
  throw failure('EROFS', 'mkdtemp', path);
}

function symlink(target, file) {
  const [from, to] = [pathOf(target, 'target'), pathOf(file)];
  findParent(to, 'symlink', to);
  throw failure(look(to) === undefined ? 'EROFS' : 'EEXIST', 'symlink', from, to);
}

class StatFs {}

export const answers = {
  access, close, mkdir, mkdtemp, opendir, read, readdir, readlink, readv, realpath, rm, symlink,
  lstat: stat('lstat'), stat: stat('stat'),
  fstat: (descriptor, options) => statsOf(openFile(descriptor, 'fstat').node, options?.bigint === true),
  open(file, flags, mode) {
    const path = pathOf(file);
    checkMode(mode, 'mode', 0o666);
    return opened(path, flags ?? undefined);
  },
  // Nothing can be added, so nothing is free.
  statfs(file, options) {
    find(pathOf(file), 'statfs');
    const number = options?.bigint ? BigInt : Number;
    const said = { type: 0, bsize: 4096, blocks: 0, bfree: 0, bavail: 0, files: 0, ffree: 0 };
    return Object.assign(new StatFs(), Object.fromEntries(Object.entries(said).map(([name, value]) => [name, number(value)])));
  },
  readFile(file, options) {
    const isDescriptor = typeof file === 'number';
    return readFile(isDescriptor ? descriptorOf(file) : pathOf(file), options, isDescriptor);
  },
};
// What the arguments behind the path or the descriptor must be.
const CHECKS = {
  chmod: (mode) => checkMode(mode, 'mode', null),
  chown: checkOwner,
  utimes(atime, mtime) {
    checkTime(atime, 'atime');
    checkTime(mtime, 'mtime');
  },
  write: (data) => checkData(data, 'buffer'),
};
function check(name, args) {
  CHECKS[name.replace(/^[fl](?=chmod|chown|utimes)/, '')]?.(...args);
}
for (const [name, syscall] of Object.entries(CHANGES)) {
  answers[name] = (file, ...args) => {
    const path = pathOf(file);
    check(name, args);
    find(path, syscall);
    throw failure('EROFS', syscall, path);
  };
}
for (const [name, syscall] of Object.entries(MAKES)) {
  answers[name] = (file) => {
    if (typeof file === 'number') {
      openFile(file, 'write');
      throw failure('EBADF', 'write');
    }
    const path = pathOf(file);
    const node = look(path) ?? findParent(path, syscall);
    throw failure(look(path) !== undefined && isFolder(node) ? 'EISDIR' : 'EROFS', syscall, path);
  };
}
for (const [name, syscall] of Object.entries(MOVES)) {
  const [from, to] = name === 'rename' || name === 'link' ? [name === 'link' ? 'existingPath' : 'oldPath', 'newPath'] : ['src', 'dest'];
  answers[name] = (old, fresh) => {
    const [source, dest] = [pathOf(old, from), pathOf(fresh, to)];
    find(source, syscall, dest);
    findParent(dest, syscall, dest);
    throw failure('EROFS', syscall, source, dest);
  };
}
for (const name of ON_OPEN) {
  answers[name] = (descriptor, ...args) => {
    descriptorOf(descriptor);
    check(name, args);
    openFile(descriptor, name);
    if (!HARMLESS.has(name)) throw failure('EBADF', name);
  };
}
