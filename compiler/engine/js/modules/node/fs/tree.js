// The lambda's own files as a tree. It is made when the module is loaded: at build time, for a source that names `fs`.
import { Buffer } from 'buffer';
import { fileList, fileRead } from 'sandglass:native';
import { failure } from 'sandglass:fs/errors';

// A folder has children, by name; a file a place among the files, and a size in bytes.
let count = 0;
const folder = (parent, name) => ({ parent, name, ino: ++count, children: new Map(), size: 0 });
const root = folder(undefined, '');

const list = fileList();
for (let place = 0; place < list.length / 2; place += 1) {
  const parts = list[2 * place].split('/');
  const name = parts.pop();
  let at = root;
  for (const part of parts) {
    if (!at.children.has(part)) at.children.set(part, folder(at, part));
    at = at.children.get(part);
  }
  at.children.set(name, { parent: at, name, ino: ++count, place, size: list[2 * place + 1] });
}

export const isFolder = (node) => node.children !== undefined;

// What lies at a path, or the code of the error. The current folder is `/`.
function walk(path) {
  if (path === '') return 'ENOENT';
  let at = root;
  for (const part of path.split('/')) {
    if (!isFolder(at)) return 'ENOTDIR';
    if (part === '..') at = at.parent ?? root;
    else if (part !== '' && part !== '.') at = at.children.get(part);
    if (at === undefined) return 'ENOENT';
  }
  return at;
}

// What lies at a path, or nothing.
export function look(path) {
  const found = walk(path);
  return typeof found === 'string' ? undefined : found;
}

// What must lie at a path.
export function find(path, syscall, dest) {
  const found = walk(path);
  if (typeof found === 'string') throw failure(found, syscall, path, dest);
  return found;
}

// The folder that something would be made in, which must be there.
export function findParent(path, syscall, dest) {
  const parts = path.replace(/\/+$/, '').split('/');
  parts.pop();
  const found = walk(parts.length === 0 ? '.' : `${parts.join('/')}/`);
  if (typeof found === 'string') throw failure(found, syscall, path, dest);
  return found;
}

export function pathOfNode(node) {
  if (node.parent === undefined) return '/';
  return `${node.parent.parent === undefined ? '' : pathOfNode(node.parent)}/${node.name}`;
}

// A part of a file, copied.
export function bytesOfFile(node, start = 0, end = node.size) {
  const bytes = fileRead(node.place, start, end);
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
