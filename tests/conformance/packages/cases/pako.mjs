// pako, compression: deflate and gzip in JavaScript.
import * as pako from 'pako';

const text = 'hello '.repeat(1000);

export async function lambda() {
  const packed = pako.gzip(text);
  return {
    'there and back': [new TextDecoder().decode(pako.ungzip(packed)) === text, true],
    'smaller': [packed.length < 100, true],
    'what others packed': [new TextDecoder().decode(pako.inflate(new Uint8Array(Buffer.from('eJxLTEpOAQAD2AGL', 'base64')))), 'abcd'],
  };
}
