// What `Toolbelt.MTLSClient()` returns: requests to servers that ask the lambda for a certificate.
import { httpSend, utf8Decode, utf8Encode } from 'sandglass:native';
import { takeBody } from 'sandglass:body';
import { Headers, sentHeaders } from 'sandglass:headers';
import { receivedResponse, Response } from 'sandglass:response';
import { located } from 'sandglass:toolbelt/call_site';
import { ErrorCodes } from 'sandglass:toolbelt/error_codes';
import { failure } from 'sandglass:toolbelt/errors';
import { forbidden } from 'sandglass:toolbelt/response';
import { failing, ToolBeltError } from 'sandglass:toolbelt/v2/error';

const COMPONENT = 'MTLS';
const { BadRequest, General, Invalid, Missing, Timeout } = ErrorCodes.Mtls;

const PEM_MARKS = ['-----BEGIN', '-----END', '\n'];
const BODY_TYPES = ['ArrayBuffer', 'Blob', 'File', 'FormData', 'ReadableStream', 'URLSearchParams'];
const TIMEOUT_MAX = 2 ** 32 - 1;

const FORBIDDEN = ['host-not-allowed', 'address-refused'];
const CODES = {
  'invalid-certificate': Invalid.Cert,
  'invalid-private-key': Invalid.Key,
  'invalid-request': BadRequest,
  'invalid-url': BadRequest,
};
// What is said of a server's certificate that nobody vouches for but itself.
const UNTRUSTED = /^invalid peer certificate: .*(UnknownIssuer|CaUsedAsEndEntity)/;
const ADVICE = "Certificates are always checked: pass the server's own, or that of its authority, as ca";

function failed(code, message) {
  return new ToolBeltError(COMPONENT, code, message);
}

// The text of a PEM file, if it looks like one.
function pemText(value) {
  const text = ArrayBuffer.isView(value)
    ? utf8Decode(new Uint8Array(value.buffer, value.byteOffset, value.byteLength), 0, value.byteLength)
    : value;
  return typeof text === 'string' && PEM_MARKS.every((mark) => text.includes(mark)) ? text.toWellFormed() : undefined;
}

function requirePem(value, name, code) {
  const text = pemText(value);
  if (text !== undefined) return text;
  throw failed(code, `Provided ${name} is not rightly shaped. Please check ${name} format`);
}

function identityOf(config) {
  if (config === undefined || config === null) throw failed(Missing, 'No Client TLS config was provided');
  const { cert, key, ca } = config;
  return {
    certificateChain: requirePem(cert, 'cert', Invalid.Cert),
    trustedCertificates: ca ? requirePem(ca, 'ca-cert', Invalid.Cert) : undefined,
    privateKey: requirePem(key, 'key', Invalid.Key),
  };
}

function isSendable(body) {
  if (typeof body === 'string' || ArrayBuffer.isView(body) || typeof body?.getReader === 'function') return true;
  return BODY_TYPES.includes(body?.[Symbol.toStringTag]);
}

// What `fetch` takes as a body, `null` for none; `fail` makes the error.
export function bodyOf(body, json, fail) {
  if (body === undefined || body === null) return null;
  let sent = body;
  try {
    if (json) sent = JSON.stringify(body);
  } catch {
    throw fail(BadRequest, 'Provided body could not be stringified');
  }
  if (isSendable(sent)) return sent;
  throw fail(BadRequest, `Provided body is neither text nor bytes nor one of ${BODY_TYPES.join(', ')}. `
    + 'Please use the json option or stringify it before');
}

// Headers of an object, without those that have no value.
export function headersOf(values) {
  const headers = new Headers();
  const entries = values instanceof Headers ? values : Object.entries(values ?? {});
  for (const [name, value] of entries) if (value !== undefined) headers.set(name, value);
  return headers;
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

// What the clients resolve to, of a `Response`.
export async function resultOf(response, json) {
  const { status, headers } = response;
  const text = await response.text();
  return {
    statusCode: status,
    headers: Object.fromEntries([...headers.keys()].map((name) => [name, headers.get(name)])),
    body: json ? parsed(text) : text,
  };
}

function milliseconds(timeout) {
  return timeout > 0 ? Math.min(Math.ceil(timeout), TIMEOUT_MAX) : undefined;
}

async function requestOf(method, url, { headers, body, json, timeout }) {
  const content = new Response(bodyOf(body, json, failed));
  const sent = headersOf(headers);
  if (json) sent.set('content-type', 'application/json');
  const type = content.headers.get('content-type');
  if (type !== null && !sent.has('content-type')) sent.set('content-type', type);
  if (!sent.has('user-agent')) sent.set('user-agent', 'node');
  return {
    method,
    url: `${url}`.toWellFormed(),
    headers: sentHeaders(sent),
    body: await takeBody(content),
    decompress: true,
    timeout: milliseconds(timeout),
  };
}

function errorOf(answer, { url, identity }) {
  if (answer.error === 'timed-out') return failed(Timeout, 'TimeoutError: The operation was aborted due to timeout');
  const cause = failure(answer, url);
  const code = CODES[answer.error];
  if (code !== undefined) return Object.assign(failed(code, `Request could not be sent: ${cause.message}`), { cause });
  const needsAdvice = identity.trustedCertificates === undefined && UNTRUSTED.test(cause.message);
  const message = `fetch failed. Cause: ${cause.message}${needsAdvice ? `. ${ADVICE}` : ''}`;
  return Object.assign(failed(General, message), { cause });
}

class MTLSClient {
  #identity;

  constructor(config) {
    this.#identity = identityOf(config);
  }

  get(url, headers, body, options) { return this.#send('GET', url, { ...options, headers, body }); }

  post(url, headers, body, options) { return this.#send('POST', url, { ...options, headers, body }); }

  put(url, headers, body, options) { return this.#send('PUT', url, { ...options, headers, body }); }

  patch(url, headers, body, options) { return this.#send('PATCH', url, { ...options, headers, body }); }

  delete(url, headers, body, options) { return this.#send('DELETE', url, { ...options, headers, body }); }

  head(url, headers, options) { return this.#withoutBody('HEAD', url, { ...options, headers, body: undefined }); }

  options(url, headers, options) { return this.#withoutBody('OPTIONS', url, { ...options, headers, body: undefined }); }

  async #withoutBody(method, url, request) {
    const { statusCode, headers } = await this.#send(method, url, request);
    return { statusCode, headers, body: undefined };
  }

  #send(method, url, request) {
    return located(() => this.#exchange(method, url, request), failing(COMPONENT, General));
  }

  // One request: a redirect is an answer like any other.
  async #exchange(method, url, { json = false, ...others }) {
    const request = { ...await requestOf(method, url, { ...others, json }), identity: this.#identity };
    const answer = await httpSend(request);
    if (answer.error === undefined) return resultOf(receivedResponse(answer, request), json);
    if (!FORBIDDEN.includes(answer.error)) throw errorOf(answer, request);
    const refusal = forbidden(answer);
    return resultOf(receivedResponse({ ...refusal, body: utf8Encode(refusal.body) }, request), json);
  }
}

export function mtlsClient(config) {
  return new MTLSClient(config);
}
