// The crate's names for the engine's text natives.
import { decode as decodeBytes, encodingName, legacyDecode, utf8Decode } from 'sandglass:native';

export {
  utf8ByteLength as utf8_byte_length, utf8Encode as encode, utf8EncodeInto as encode_into,
} from 'sandglass:native';

export function utf8_decode(bytes, start, end) {
  return utf8Decode(bytes, start, end);
}

export function canonical_encoding(label) {
  return encodingName(label.toWellFormed());
}

const OWN = ['utf-8', 'utf-16le', 'utf-16be', 'windows-1252'];

// What decodes an encoding of old; nothing for those that `decode` knows.
export function legacyDecoder(encoding) {
  return OWN.includes(encoding) ? null : new LegacyDecoder(encoding);
}

function concatenate(...chunks) {
  return Uint8Array.from(chunks.flatMap((chunk) => [...chunk]));
}

const ESCAPE = 0x1b;

// Asks the host, which begins anew each time: what of the bytes decides how the next are read is kept.
class LegacyDecoder {
  #encoding;
  // The last escape sequence of ISO-2022-JP, and the beginning of a character.
  #escape = new Uint8Array(0);
  #rest = new Uint8Array(0);

  constructor(encoding) {
    this.#encoding = encoding;
  }

  decode(bytes, isStream, isFatal) {
    const joined = this.#rest.length === 0 ? bytes : concatenate(this.#rest, bytes);
    // One sequence right behind another would be an error.
    const needsEscape = this.#escape.length > 0 && joined[0] !== ESCAPE;
    const all = needsEscape ? concatenate(this.#escape, joined) : joined;
    const { text, read, malformed } = legacyDecode(all, this.#encoding, !isStream);
    const escape = this.#encoding === 'iso-2022-jp' && read > 0 ? all.lastIndexOf(ESCAPE, read - 1) : -1;
    if (escape !== -1) this.#escape = all.slice(escape, escape + 3);
    if (!isStream) this.#escape = new Uint8Array(0);
    this.#rest = isStream ? all.slice(read) : new Uint8Array(0);
    if (!isFatal || !malformed) return [text, undefined];
    this.#escape = this.#rest = new Uint8Array(0);
    return [undefined, 'malformed'];
  }
}

export function decode(bytes, encoding, stream, fatal, keepMark) {
  const text = decodeBytes(bytes, encoding, fatal, keepMark);
  return text === undefined ? [undefined, 'malformed'] : [text, undefined];
}
