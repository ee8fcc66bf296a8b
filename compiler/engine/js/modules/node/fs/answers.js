// What does a file system answer that holds one empty folder, `/`, and takes nothing?
import { ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE } from '__wasm_rquickjs_builtin/internal/errors';

export const constants = Object.freeze({
  __proto__: null,
  UV_FS_SYMLINK_DIR: 1, UV_FS_SYMLINK_JUNCTION: 2, O_RDONLY: 0, O_WRONLY: 1, O_RDWR: 2, UV_DIRENT_UNKNOWN: 0,
  UV_DIRENT_FILE: 1, UV_DIRENT_DIR: 2, UV_DIRENT_LINK: 3, UV_DIRENT_FIFO: 4, UV_DIRENT_SOCKET: 5, UV_DIRENT_CHAR: 6,
  UV_DIRENT_BLOCK: 7, S_IFMT: 61440, S_IFREG: 32768, S_IFDIR: 16384, S_IFCHR: 8192, S_IFBLK: 24576, S_IFIFO: 4096,
  S_IFLNK: 40960, S_IFSOCK: 49152, O_CREAT: 64, O_EXCL: 128, UV_FS_O_FILEMAP: 0, O_NOCTTY: 256, O_TRUNC: 512,
  O_APPEND: 1024, O_DIRECTORY: 65536, O_NOATIME: 262144, O_NOFOLLOW: 131072, O_SYNC: 1052672, O_DSYNC: 4096,
  O_DIRECT: 16384, O_NONBLOCK: 2048, S_IRWXU: 448, S_IRUSR: 256, S_IWUSR: 128, S_IXUSR: 64, S_IRWXG: 56, S_IRGRP: 32,
  S_IWGRP: 16, S_IXGRP: 8, S_IRWXO: 7, S_IROTH: 4, S_IWOTH: 2, S_IXOTH: 1, F_OK: 0, R_OK: 4, W_OK: 2, X_OK: 1,
  UV_FS_COPYFILE_EXCL: 1, COPYFILE_EXCL: 1, UV_FS_COPYFILE_FICLONE: 2, COPYFILE_FICLONE: 2,
  UV_FS_COPYFILE_FICLONE_FORCE: 4, COPYFILE_FICLONE_FORCE: 4,
});

const FAILURES = {
  EBADF: [-9, 'bad file descriptor'],
  EISDIR: [-21, 'illegal operation on a directory'],
  ENOENT: [-2, 'no such file or directory'],
  EROFS: [-30, 'read-only file system'],
};

export function failure(code, syscall, path, dest) {
  const [errno, meaning] = FAILURES[code];
  const target = (path === undefined ? '' : ` '${path}'`) + (dest === undefined ? '' : ` -> '${dest}'`);
  const error = new Error(`${code}: ${meaning}, ${syscall}${target}`);
  return Object.assign(error, { errno, code, syscall }, path === undefined ? {} : { path }, dest === undefined ? {} : { dest });
}

// A path as text, as Node.js takes one.
export function pathOf(value, name = 'path') {
  let path = value;
  if (value instanceof URL) {
    if (value.protocol !== 'file:') {
      throw Object.assign(new TypeError('The URL must be of scheme file'), { code: 'ERR_INVALID_URL_SCHEME' });
    }
    path = decodeURIComponent(value.pathname);
  } else if (value instanceof Uint8Array) path = Buffer.from(value).toString();
  if (typeof path !== 'string') throw new ERR_INVALID_ARG_TYPE(name, ['string', 'Buffer', 'URL'], value);
  if (path.includes('\u0000')) {
    throw new ERR_INVALID_ARG_VALUE(name, value, 'must be a string, Uint8Array, or URL without null bytes');
  }
  return path;
}

// Whether a path is that of the one folder.
export function isRoot(path) {
  const parts = [];
  for (const part of path.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return path !== '' && parts.length === 0;
}

// What `stat` says of the one folder.
export class Stats {
  constructor() {
    const time = new Date(0);
    Object.assign(this, { dev: 0, mode: constants.S_IFDIR | 0o555, nlink: 1, uid: 0, gid: 0, rdev: 0, blksize: 4096, ino: 1,
      size: 0, blocks: 0, atimeMs: 0, mtimeMs: 0, ctimeMs: 0, birthtimeMs: 0, atime: time, mtime: time, ctime: time,
      birthtime: time });
  }

  isDirectory() { return true; }
  isFile() { return false; }
  isBlockDevice() { return false; }
  isCharacterDevice() { return false; }
  isSymbolicLink() { return false; }
  isFIFO() { return false; }
  isSocket() { return false; }
}

const WRITES = /[wa+]/;

function opens(path, flags) {
  const isWriting = typeof flags === 'number' ? (flags & 3) !== 0 : WRITES.test(flags ?? 'r');
  if (isWriting) throw failure(isRoot(path) ? 'EISDIR' : 'EROFS', 'open', path);
  if (!isRoot(path)) throw failure('ENOENT', 'open', path);
  return undefined;
}

// What looks at the folder, and what it says of it; of all else there is nothing.
const LOOKS = {
  access: ['access', (path, mode) => {
    if ((mode & constants.W_OK) !== 0) throw failure('EROFS', 'access', path);
  }],
  lstat: ['lstat', () => new Stats()],
  opendir: ['opendir', () => { throw failure('ENOENT', 'opendir', '/'); }],
  readdir: ['scandir', () => []],
  readlink: ['readlink', () => { throw failure('ENOENT', 'readlink', '/'); }],
  realpath: ['lstat', () => '/'],
  stat: ['stat', () => new Stats()],
};

// What would change something, by the name of the system's call.
const CHANGES = {
  chmod: 'chmod', chown: 'chown', lchmod: 'chmod', lchown: 'lchown', lutimes: 'lutime', mkdir: 'mkdir', mkdtemp: 'mkdtemp',
  rmdir: 'rmdir', truncate: 'open', unlink: 'unlink', utimes: 'utime', appendFile: 'open', writeFile: 'open',
};
const MOVES = { copyFile: 'copyfile', cp: 'cp', link: 'link', rename: 'rename', symlink: 'symlink' };
// What works on a file that was opened, which none can be.
const ON_OPEN = ['close', 'fchmod', 'fchown', 'fdatasync', 'fstat', 'fsync', 'ftruncate', 'futimes', 'read', 'readv', 'write',
  'writev'];

// Each function as it answers at once; it throws what it does not return.
export const answers = {
  readFile(file, options) {
    const path = pathOf(file);
    opens(path, options?.flag);
    throw failure('EISDIR', 'read');
  },
  open(file, flags) {
    opens(pathOf(file), flags);
    throw failure('EISDIR', 'open', pathOf(file));
  },
  rm(file, options) {
    const path = pathOf(file);
    if (isRoot(path)) throw failure('EROFS', 'rm', path);
    if (!options?.force) throw failure('ENOENT', 'rm', path);
  },
};
for (const [name, [syscall, look]] of Object.entries(LOOKS)) {
  answers[name] = (file, option) => {
    const path = pathOf(file);
    if (isRoot(path)) return look(path, option);
    if (option?.throwIfNoEntry === false) return undefined;
    throw failure('ENOENT', syscall, path);
  };
}
for (const [name, syscall] of Object.entries(CHANGES)) {
  answers[name] = (file) => { throw failure('EROFS', syscall, pathOf(file)); };
}
for (const [name, syscall] of Object.entries(MOVES)) {
  answers[name] = (from, to) => { throw failure('EROFS', syscall, pathOf(from, 'src'), pathOf(to, 'dest')); };
}
for (const name of ON_OPEN) answers[name] = () => { throw failure('EBADF', name); };
