// The globals `TextDecoderStream` and `TextEncoderStream`, by the Encoding standard.
import { TextDecoder, TextEncoder } from 'sandglass:encoding';
import { TransformStream } from 'sandglass:streams';

// What both are: the two ends of a transformation.
class TextStream {
  #transform;

  constructor(transformer) {
    this.#transform = new TransformStream(transformer);
  }

  get readable() { return this.#transform.readable; }
  get writable() { return this.#transform.writable; }
}

export class TextDecoderStream extends TextStream {
  #decoder;

  constructor(label = 'utf-8', options = {}) {
    const decoder = new TextDecoder(label, options);
    const send = (text, controller) => {
      if (text !== '') controller.enqueue(text);
    };
    super({
      transform: (chunk, controller) => send(decoder.decode(chunk, { stream: true }), controller),
      flush: (controller) => send(decoder.decode(), controller),
    });
    this.#decoder = decoder;
  }

  get encoding() { return this.#decoder.encoding; }
  get fatal() { return this.#decoder.fatal; }
  get ignoreBOM() { return this.#decoder.ignoreBOM; }
}

export class TextEncoderStream extends TextStream {
  constructor() {
    const encoder = new TextEncoder();
    // The first half of a pair whose second half comes with the next chunk.
    let half = '';
    super({
      transform(chunk, controller) {
        const text = half + chunk;
        half = /[\ud800-\udbff]$/.test(text) ? text.at(-1) : '';
        const whole = half === '' ? text : text.slice(0, -1);
        if (whole !== '') controller.enqueue(encoder.encode(whole));
      },
      flush(controller) {
        if (half !== '') controller.enqueue(encoder.encode(half));
      },
    });
  }

  get encoding() { return 'utf-8'; }
}
