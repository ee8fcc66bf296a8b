// The native state of a stream, with the interface that Node.js's own stream expects of it.
import { brotliOpen, zlibClose, zlibOpen, zlibParams, zlibReset, zlibWrite } from 'sandglass:native';
import { codes, constants } from 'sandglass:zlib/constants';

class Handle {
  #id;
  #state;
  #done;
  #isWriting = false;
  #closesAfterWrite = false;

  // `state` is told how much room and how much input is left, `done` that a step is.
  start(id, state, done) {
    this.#id = id;
    this.#state = state;
    this.#done = done;
  }

  // The answer comes later, as if it had been worked out beside the lambda.
  write(...step) {
    if (this.#isWriting) throw new Error('write already in progress');
    this.#isWriting = true;
    process.nextTick(() => {
      const failure = this.#step(step);
      this.#isWriting = false;
      if (this.#closesAfterWrite) this.close();
      if (failure !== undefined) this.#fail(failure);
      else this.#done.call(this);
    });
  }

  writeSync(...step) {
    const failure = this.#step(step);
    if (failure !== undefined) this.#fail(failure);
  }

  params(level, strategy) {
    const failure = zlibParams(this.#id, level, strategy);
    if (failure !== 0) this.#fail(['Failed to set parameters', failure]);
  }

  reset() {
    zlibReset(this.#id);
  }

  close() {
    if (this.#isWriting) {
      this.#closesAfterWrite = true;
      return;
    }
    if (this.#id !== undefined) zlibClose(this.#id);
    this.#id = undefined;
  }

  // Leaves in the state how much room and how much input is left.
  #step([flush, input, inputAt, inputBytes, output, outputAt, outputBytes]) {
    const from = input ? new Uint8Array(input.buffer, input.byteOffset + inputAt, inputBytes) : new Uint8Array(0);
    const to = new Uint8Array(output.buffer, output.byteOffset + outputAt, outputBytes);
    const { read, written, code, message } = zlibWrite(this.#id, flush, from, to);
    this.#state[0] = outputBytes - written;
    this.#state[1] = inputBytes - read;
    return message === undefined ? undefined : [message, code];
  }

  #fail([message, code]) {
    this.onerror(message, code, this.nameOf(code, message));
  }
}

export class ZlibHandle extends Handle {
  init(mode, settings, dictionary, state, done) {
    const bytes = dictionary && new Uint8Array(dictionary.buffer, dictionary.byteOffset, dictionary.byteLength);
    this.start(zlibOpen(mode, settings, bytes), state, done);
  }

  nameOf(code) {
    return codes[code];
  }
}

export class BrotliHandle extends Handle {
  // Returns whether all of the parameters are taken.
  init(compresses, params, state, done) {
    const id = brotliOpen(compresses, params);
    this.start(id, state, done);
    return id !== undefined;
  }

  // There is nothing that could change on the way.
  params() {}

  nameOf(code, message) {
    if (message === 'unexpected end of file') return codes[code];
    if (message === 'Compression failed') return 'ERR_BROTLI_COMPRESSION_FAILED';
    const prefix = 'BROTLI_DECODER';
    const isIt = (name) => name.startsWith(`${prefix}_ERROR`) && constants[name] === code;
    return `ERR_${Object.keys(constants).find(isIt)?.slice(prefix.length)}`;
  }
}
