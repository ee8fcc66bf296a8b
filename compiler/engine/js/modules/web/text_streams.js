// The globals `TextDecoderStream` and `TextEncoderStream`, by the Encoding standard.
import { TextDecoder, TextEncoder } from 'sandglass:encoding';
import { TransformStream } from 'sandglass:streams';
import { coded } from 'sandglass:coded';

const INSPECT = Symbol.for('nodejs.util.inspect.custom');

// What both are: the two ends of a transformation.
class TextStream {
  #transform;

  // Whether a value is of a class of these, which alone have the properties of one.
  static own(it, type) {
    if (typeof it !== 'object' || it === null || !(#transform in it)) {
      throw coded(TypeError, 'ERR_INVALID_THIS', `Value of "this" must be of type ${type}`);
    }
    return it;
  }

  constructor(transformer) {
    this.#transform = new TransformStream(transformer);
  }

  get readable() { return TextStream.own(this, 'TextStream').#transform.readable; }
  get writable() { return TextStream.own(this, 'TextStream').#transform.writable; }
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

  get encoding() { return TextStream.own(this, 'TextDecoderStream').#decoder.encoding; }
  get fatal() { return TextStream.own(this, 'TextDecoderStream').#decoder.fatal; }
  get ignoreBOM() { return TextStream.own(this, 'TextDecoderStream').#decoder.ignoreBOM; }

  [INSPECT](depth, options, inspect) {
    const { encoding, fatal, ignoreBOM, readable, writable } = TextStream.own(this, 'TextDecoderStream');
    return `TextDecoderStream ${inspect({ encoding, fatal, ignoreBOM, readable, writable }, options)}`;
  }
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

  get encoding() { return TextStream.own(this, 'TextEncoderStream') && 'utf-8'; }

  [INSPECT](depth, options, inspect) {
    const { encoding, readable, writable } = TextStream.own(this, 'TextEncoderStream');
    return `TextEncoderStream ${inspect({ encoding, readable, writable }, options)}`;
  }
}
