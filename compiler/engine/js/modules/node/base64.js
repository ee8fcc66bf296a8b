// The interface of base64-js over the engine's own codec.
import { base64Decode, base64Encode } from 'sandglass:native';

export function fromByteArray(bytes) {
  return base64Encode(bytes, false);
}

export function toByteArray(text) {
  return base64Decode(text);
}
