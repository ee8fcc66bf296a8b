// A folder that is read entry by entry.
import { validateFunction } from '__wasm_rquickjs_builtin/internal/validators';
import { Dirent } from 'sandglass:fs/stats';

const closed = () => Object.assign(new Error('Directory handle was closed'), { code: 'ERR_DIR_CLOSED' });

export class Dir {
  #entries;
  #path;

  constructor(node, path, encoding) {
    this.#path = path;
    this.#entries = [...node.children.values()].map((child) => new Dirent(child, path, encoding));
  }

  get path() { return this.#path; }

  readSync() {
    if (this.#entries === undefined) throw closed();
    return this.#entries.shift() ?? null;
  }

  closeSync() {
    if (this.#entries === undefined) throw closed();
    this.#entries = undefined;
  }

  read(callback) { return answered(callback, () => this.readSync()); }

  close(callback) { return answered(callback, () => this.closeSync()); }

  async* entries() {
    try {
      for (;;) {
        const entry = await this.read();
        if (entry === null) return;
        yield entry;
      }
    } finally {
      await this.close();
    }
  }

  async [Symbol.asyncDispose]() {
    if (this.#entries !== undefined) this.closeSync();
  }
}
Object.defineProperty(Dir.prototype, Symbol.asyncIterator, { value: Dir.prototype.entries, writable: true, configurable: true });

// With a callback it hears of the answer, otherwise there is a promise.
function answered(callback, answer) {
  if (callback === undefined) {
    return new Promise((resolve) => { resolve(answer()); });
  }
  validateFunction(callback, 'callback');
  let [error, value] = [null, undefined];
  try {
    value = answer();
  } catch (thrown) {
    error = thrown;
  }
  setImmediate(() => (error === null ? callback(null, value) : callback(error)));
  return undefined;
}
