// The globals of the Streams standard: the polyfill's classes under their own names.
import * as streams from 'sandglass:web-streams-polyfill';

for (const [name, type] of Object.entries(streams)) {
  Object.defineProperty(type, 'name', { value: name, configurable: true });
}

const INSPECT = Symbol.for('nodejs.util.inspect.custom');

// How Node.js shows a stream.
function shown(name, valuesOf) {
  Object.defineProperty(streams[name].prototype, INSPECT, {
    value(depth, options, inspect) {
      return depth < 0 ? this : `${name} ${inspect(valuesOf(this), options)}`;
    },
    configurable: true,
    writable: true,
  });
}

shown('ReadableStream', (stream) => ({
  locked: stream.locked,
  state: stream._state,
  supportsBYOB: stream._readableStreamController instanceof streams.ReadableByteStreamController,
}));
shown('WritableStream', (stream) => ({ locked: stream.locked, state: stream._state }));

export * from 'sandglass:web-streams-polyfill';

const CHUNK_BYTES = 64 * 1024;

// A stream of bytes that are all there. `onRead` hears when somebody starts to take them.
export function streamOf(bytes, onRead = () => {}) {
  let at = 0;
  return new streams.ReadableStream({
    type: 'bytes',
    pull(controller) {
      onRead();
      const chunk = bytes.slice(at, at + CHUNK_BYTES);
      at += chunk.length;
      if (chunk.length > 0) controller.enqueue(chunk);
      if (at >= bytes.length) {
        controller.close();
        controller.byobRequest?.respond(0);
      }
    },
    cancel: onRead,
  }, { highWaterMark: 0 });
}

// Whether anybody ever read from a stream.
export function isDisturbed(stream) {
  return stream._disturbed;
}
