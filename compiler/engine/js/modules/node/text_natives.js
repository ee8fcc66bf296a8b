// The crate's names for the engine's text natives.
import { decode as decodeBytes, encodingName, utf8Decode } from 'sandglass:native';

export {
  utf8ByteLength as utf8_byte_length, utf8Encode as encode, utf8EncodeInto as encode_into,
} from 'sandglass:native';

export function utf8_decode(bytes, start, end) {
  return utf8Decode(bytes, start, end);
}

export function canonical_encoding(label) {
  return encodingName(label.toWellFormed());
}

export function has_native_text_decoder() {
  return false;
}

export function decode(bytes, encoding, stream, fatal, keepMark) {
  const text = decodeBytes(bytes, encoding, fatal, keepMark);
  return text === undefined ? [undefined, 'malformed'] : [text, undefined];
}
