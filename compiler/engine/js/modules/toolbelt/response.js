// What a lambda sees of an answer: Node.js's IncomingMessage as request completes it.
import { utf8Decode } from 'sandglass:native';
import { collect } from 'sandglass:toolbelt/headers';

export class Response {
  constructor(answer, request) {
    this.httpVersion = '1.1';
    this.httpVersionMajor = 1;
    this.httpVersionMinor = 1;
    this.complete = true;
    this.statusCode = answer.status;
    this.statusMessage = answer.reason;
    this.rawHeaders = answer.headers;
    this.headers = collect(answer.headers);
    this.request = request;
  }

  toJSON() {
    const { statusCode, body, headers, request } = this;
    return { statusCode, body, headers, request: request.toJSON() };
  }
}

// The body by the option `encoding`: text, or a Buffer for `null`. `json` parses what is JSON.
export function readBody(bytes, { encoding, jsonReviver }, json) {
  let body = bytes.length === 0 ? undefined : decode(bytes, encoding);
  if (json) {
    try {
      body = JSON.parse(body, typeof jsonReviver === 'function' ? jsonReviver : undefined);
    } catch {
      // Not JSON: it stays as it is.
    }
    return body;
  }
  return body ?? (encoding === null ? globalThis.Buffer.alloc(0) : '');
}

function decode(bytes, encoding) {
  if (encoding === undefined) return utf8Decode(bytes, 0, bytes.length);
  const buffer = globalThis.Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  if (encoding === null) return buffer;
  const text = buffer.toString(encoding || undefined);
  return encoding === 'utf8' && text.startsWith('\uFEFF') ? text.slice(1) : text;
}

// The answer in place of one from a host that the whitelist keeps the lambda from; `detail` is the
// rule that is missing, or the host whose address is refused.
export function forbidden({ error, detail }) {
  const text = error === 'host-not-allowed'
    ? `Domain is not whitelisted: ${detail}. Allow it with: sandglass allow add ${detail}\n`
    : `Domain is not reachable for lambdas: ${detail} has a loopback, private or link-local address. `
      + 'The operator can allow such addresses.\n';
  return {
    status: 403,
    reason: 'Forbidden',
    headers: ['content-type', 'text/plain; charset=utf-8', 'x-sandglass-error', error],
    body: text,
  };
}
