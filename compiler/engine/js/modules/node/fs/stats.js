// What is said of a file and of an entry of a folder.
import { constants } from 'sandglass:fs/constants';
import { isFolder } from 'sandglass:fs/tree';
import { named } from 'sandglass:fs/arguments';

const { S_IFBLK, S_IFCHR, S_IFDIR, S_IFIFO, S_IFLNK, S_IFMT, S_IFREG, S_IFSOCK } = constants;
const BLOCK = 4096;

class Modes {
  isDirectory() { return this._is(S_IFDIR); }
  isFile() { return this._is(S_IFREG); }
  isBlockDevice() { return this._is(S_IFBLK); }
  isCharacterDevice() { return this._is(S_IFCHR); }
  isSymbolicLink() { return this._is(S_IFLNK); }
  isFIFO() { return this._is(S_IFIFO); }
  isSocket() { return this._is(S_IFSOCK); }
}
Object.defineProperty(Modes.prototype, '_is', {
  value(kind) { return (Number(this.mode) & S_IFMT) === kind; },
});

export class Stats extends Modes {}
export class BigIntStats extends Modes {}

// Every file is as old as time: a build gives the same whenever it is made.
export function statsOf(node, bigint = false) {
  const number = bigint ? BigInt : Number;
  const numbers = {
    dev: 0, mode: isFolder(node) ? S_IFDIR | 0o555 : S_IFREG | 0o444, nlink: 1, uid: 0, gid: 0, rdev: 0, blksize: BLOCK,
    ino: node.ino, size: node.size, blocks: Math.ceil(node.size / BLOCK) * (BLOCK / 512),
    atimeMs: 0, mtimeMs: 0, ctimeMs: 0, birthtimeMs: 0, ...(bigint && { atimeNs: 0, mtimeNs: 0, ctimeNs: 0, birthtimeNs: 0 }),
  };
  const stats = bigint ? new BigIntStats() : new Stats();
  for (const [name, value] of Object.entries(numbers)) stats[name] = number(value);
  for (const name of ['atime', 'mtime', 'ctime', 'birthtime']) stats[name] = new Date(0);
  return stats;
}

// An entry of a folder.
export class Dirent {
  #isFolder;

  constructor(node, path, encoding) {
    this.name = named(node.name, encoding);
    this.parentPath = path;
    this.path = path;
    this.#isFolder = isFolder(node);
  }

  isDirectory() { return this.#isFolder; }
  isFile() { return !this.#isFolder; }
  isBlockDevice() { return false; }
  isCharacterDevice() { return false; }
  isSymbolicLink() { return false; }
  isFIFO() { return false; }
  isSocket() { return false; }
}
