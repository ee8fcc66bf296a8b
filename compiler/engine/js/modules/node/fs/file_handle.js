// A file that was opened by a promise.
import { namespace } from 'sandglass:native';
import { answers } from 'sandglass:fs/answers';
import { close, readArguments, readPart, readSyncArguments } from 'sandglass:fs/descriptors';
import { failure } from 'sandglass:fs/errors';
import EventEmitter from 'events';

export class FileHandle extends EventEmitter {
  #fd;

  constructor(fd) {
    super();
    this.#fd = fd;
  }

  get fd() { return this.#fd; }

  async close() {
    if (this.#fd === -1) return;
    const fd = this.#fd;
    this.#fd = -1;
    close(fd);
    this.emit('close');
  }

  async read(...given) {
    const isBuffer = ArrayBuffer.isView(given[0]);
    const part = isBuffer ? readSyncArguments(...given) : readArguments(...given.slice(0, 1));
    return { bytesRead: readPart(this.#open('read'), part), buffer: part[0] };
  }

  async readv(buffers, position) {
    return { bytesRead: answers.readv(this.#open('read'), buffers, position), buffers };
  }

  async readFile(options) { return answers.readFile(this.#open('read'), options); }

  async stat(options) { return answers.fstat(this.#open('fstat'), options); }

  createReadStream(options) { return new (namespace('sandglass:fs/streams').ReadStream)(undefined, { ...options, fd: this }); }

  readLines(options) {
    const input = this.createReadStream(options);
    return lines(input.setEncoding('utf8'));
  }

  readableWebStream() {
    const next = () => this.read(Buffer.alloc(65536));
    const end = () => this.close();
    return new ReadableStream({
      type: 'bytes',
      async pull(controller) {
        const { bytesRead, buffer } = await next();
        if (bytesRead > 0) {
          controller.enqueue(new Uint8Array(buffer.subarray(0, bytesRead)));
          return;
        }
        await end();
        controller.close();
      },
    });
  }

  async [Symbol.asyncDispose]() { await this.close(); }

  #open(syscall) {
    if (this.#fd === -1) throw failure('EBADF', syscall);
    return this.#fd;
  }
}

for (const name of ['chmod', 'chown', 'datasync', 'sync', 'truncate', 'utimes', 'write', 'writev', 'appendFile', 'writeFile']) {
  const answer = answers[`f${name}`] ?? answers[name];
  Object.defineProperty(FileHandle.prototype, name, {
    value: { async [name](...given) { return answer(this.fd, ...given); } }[name],
    writable: true,
    configurable: true,
  });
}

async function* lines(stream) {
  let rest = '';
  for await (const chunk of stream) {
    const parts = (rest + chunk).split(/\r?\n/);
    rest = parts.pop();
    yield* parts;
  }
  if (rest !== '') yield rest;
}
