// What a request carries: the options `form`, `formData`, `multipart`, `json` and `body` as bytes.
import { namespace, utf8Encode } from 'sandglass:native';
import { get, has, set } from 'sandglass:toolbelt/headers';
import { rfc3986, stringify } from 'sandglass:toolbelt/query';

const FORM = /^application\/x-www-form-urlencoded\b/;

// JSON text; where an object refers back to one that holds it, the way there instead of an error.
function safeStringify(value, replacer) {
  try {
    return JSON.stringify(value, replacer);
  } catch {
    return JSON.stringify(value, withoutCycles(replacer));
  }
}

function withoutCycles(replacer) {
  const holders = [];
  const path = [];
  return function replace(key, value) {
    const at = holders.indexOf(this);
    if (at === -1) {
      holders.push(this);
    } else {
      holders.splice(at + 1);
      path.splice(at);
    }
    path.push(key);
    const cycle = holders.indexOf(value);
    const shown = cycle === -1 ? value : `[Circular ${['~', ...path.slice(1, cycle)].join('.')}]`;
    return replacer ? replacer.call(this, key, shown) : shown;
  };
}

function joinParts(parts) {
  const chunks = parts.map(toBytes);
  const whole = new Uint8Array(chunks.reduce((length, chunk) => length + chunk.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}

export function toBytes(body) {
  if (body === undefined || body === null) return undefined;
  if (Array.isArray(body)) return joinParts(body);
  if (ArrayBuffer.isView(body)) return new Uint8Array(body.buffer, body.byteOffset, body.byteLength);
  return utf8Encode(String(body).toWellFormed());
}

// Sets what `form` asks for: its text, and the header that says so.
export function applyForm(request, form, { useQuerystring, qsStringifyOptions }) {
  if (!FORM.test(get(request.headers, 'content-type'))) {
    set(request.headers, 'content-type', 'application/x-www-form-urlencoded');
  }
  if (typeof form === 'string') request.body = rfc3986(form);
  else request.body = queryText(form, useQuerystring, qsStringifyOptions);
}

// A query by qs, or by Node.js's querystring where the options ask for that.
export function queryText(values, useQuerystring, options = {}) {
  if (!useQuerystring) return stringify(values, options);
  const querystring = namespace('querystring').default;
  return rfc3986(querystring.stringify(values, options.sep || null, options.eq || null, options));
}

export function applyFormData(request, formData) {
  namespace('sandglass:toolbelt/multipart').applyFormData(request, formData);
}

export function applyMultipart(request, multipart, options) {
  namespace('sandglass:toolbelt/multipart').applyMultipart(request, multipart, options);
}

// `json: true` sends the body as JSON; any other value is itself the body.
export function applyJson(request, json, { jsonReplacer }) {
  const replacer = typeof jsonReplacer === 'function' ? jsonReplacer : undefined;
  const { headers } = request;
  if (!has(headers, 'accept')) set(headers, 'accept', 'application/json');
  if (typeof json !== 'boolean') {
    request.body = safeStringify(json, replacer);
  } else if (request.body === undefined) {
    return;
  } else if (FORM.test(get(headers, 'content-type'))) {
    request.body = rfc3986(String(request.body));
  } else {
    request.body = safeStringify(request.body, replacer);
  }
  if (!has(headers, 'content-type')) set(headers, 'content-type', 'application/json');
}

// Refuses what is neither text nor bytes, and states the length.
export function applyLength(request) {
  const { body, headers } = request;
  if (!body || has(headers, 'content-length')) return;
  const isText = typeof body === 'string';
  const sendable = isText || ArrayBuffer.isView(body) || Array.isArray(body);
  const length = sendable ? toBytes(body).length : 0;
  if (length === 0) throw new Error('Argument error, options.body.');
  set(headers, 'content-length', length);
}
