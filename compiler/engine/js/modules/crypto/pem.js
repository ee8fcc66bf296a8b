// PEM (RFC 7468): DER as text.
import { base64Decode, base64Encode } from 'sandglass:native';

// The first block of a text: `{ label, headers, bytes }`; `undefined` when there is none.
export function readPem(text, accept = () => true) {
  for (const [, label, body] of text.matchAll(/-----BEGIN ([^-\r\n]+)-----([^]*?)-----END \1-----/g)) {
    if (!accept(label)) continue;
    const lines = body.trim().split(/\r?\n/);
    const headers = {};
    while (lines[0]?.includes(':')) {
      const [name, value] = lines.shift().split(/:\s*/);
      headers[name] = value;
    }
    return { label, headers, bytes: base64Decode(lines.join('')) };
  }
  return undefined;
}

export function writePem(label, bytes, headers = '') {
  const lines = base64Encode(bytes, false).match(/.{1,64}/g).join('\n');
  return `-----BEGIN ${label}-----\n${headers}${lines}\n-----END ${label}-----\n`;
}
