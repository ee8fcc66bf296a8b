// `require('stream/web')`: the globals once more.
export {
  ByteLengthQueuingStrategy, CountQueuingStrategy, ReadableByteStreamController, ReadableStream,
  ReadableStreamBYOBReader, ReadableStreamBYOBRequest, ReadableStreamDefaultController,
  ReadableStreamDefaultReader, TransformStream, TransformStreamDefaultController, WritableStream,
  WritableStreamDefaultController, WritableStreamDefaultWriter,
} from 'sandglass:streams';
export { CompressionStream, DecompressionStream } from 'sandglass:compression_streams';
export { TextDecoderStream, TextEncoderStream } from 'sandglass:text_streams';
