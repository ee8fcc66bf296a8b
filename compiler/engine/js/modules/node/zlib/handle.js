// The native state of a stream of zlib, with the interface that Node.js's own stream expects of it.
import { zlibClose, zlibOpen, zlibParams, zlibReset, zlibWrite } from 'sandglass:native';
import { codes } from 'sandglass:zlib/constants';

export class Handle {
  #id;
  #mode;
  #state;
  #done;
  #isWriting = false;
  #closesAfterWrite = false;

  constructor(mode) {
    this.#mode = mode;
  }

  init(windowBits, level, memLevel, strategy, state, done, dictionary) {
    this.#state = state;
    this.#done = done;
    const bytes = dictionary && new Uint8Array(dictionary.buffer, dictionary.byteOffset, dictionary.byteLength);
    this.#id = zlibOpen(this.#mode, { windowBits, level, memLevel, strategy }, bytes);
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

  params(level) {
    const failure = zlibParams(this.#id, level);
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
    this.onerror(message, code, codes[code]);
  }
}
