// The global `fetch`, by the Fetch standard as Node.js has it, over the host's HTTP import. An answer
// arrives whole; its `body` is a stream over it.
import { httpSend, namespace, urlParse, utf8Encode } from 'sandglass:native';
import { takeBody } from 'sandglass:body';
import { Headers, sentHeaders } from 'sandglass:headers';
import { Request } from 'sandglass:request';
import { receivedResponse } from 'sandglass:response';
import { failure } from 'sandglass:toolbelt/errors';
import { forbidden } from 'sandglass:toolbelt/response';

const REDIRECTS_MAX = 20;
const REDIRECTS = [301, 302, 303, 307, 308];
const DEFAULT_HEADERS = { accept: '*/*', 'accept-language': '*', 'user-agent': 'node' };
// What says something about a body, and what one origin's request must not tell another.
const OF_THE_BODY = ['content-encoding', 'content-language', 'content-length', 'content-location', 'content-type'];
const OF_THE_ORIGIN = ['authorization', 'cookie', 'host', 'proxy-authorization'];
// Without a body, whatever its headers say.
const BODILESS = [101, 204, 205, 304];

function fetchFailed(cause) {
  return new TypeError('fetch failed', { cause });
}

// What Node.js gives as the cause.
function causeOf(answer, url) {
  if (answer.error !== 'timed-out') return failure(answer, url);
  const error = new Error('Headers Timeout Error');
  return Object.assign(error, { name: 'HeadersTimeoutError', code: 'UND_ERR_HEADERS_TIMEOUT' });
}

function isForbidden({ error }) {
  return error === 'host-not-allowed' || error === 'address-refused';
}

// As Node.js, which asks for Brotli where nobody on the way can read what comes.
function allHeaders(url, headers) {
  const sent = sentHeaders(headers);
  const asks = url.startsWith('https:') && !headers.has('accept-encoding');
  return asks ? [...sent, 'accept-encoding', 'br, gzip, deflate'] : sent;
}

// The host decodes gzip and deflate; Brotli, and what is encoded twice, is decoded in the sandbox.
function decoded(answer, method) {
  const { status, headers, body } = answer;
  const values = headers.filter((_, at) => at % 2 === 1 && headers[at - 1] === 'content-encoding').join();
  const isPlain = !/br|,/i.test(values);
  if (isPlain || method === 'HEAD' || BODILESS.includes(status)) return answer;
  try {
    return { ...answer, body: namespace('sandglass:content_codings').decode(values, body) };
  } catch (cause) {
    throw fetchFailed(cause);
  }
}

async function exchange({ method, url, headers, body }) {
  const answer = await httpSend({ method, url, headers: allHeaders(url, headers), body, decompress: true });
  if (answer.error === undefined) return decoded(answer, method);
  if (!isForbidden(answer)) throw fetchFailed(causeOf(answer, url));
  const refusal = forbidden(answer);
  return { ...refusal, body: utf8Encode(refusal.body) };
}

function locationOf({ status, headers }) {
  if (!REDIRECTS.includes(status)) return undefined;
  const at = headers.findIndex((name, index) => index % 2 === 0 && name === 'location');
  return at === -1 ? undefined : headers[at + 1];
}

// The request that a redirect asks for.
function redirected({ method, url, headers, body }, { status }, location) {
  const target = urlParse(location, url);
  if (target === undefined || !/^https?:$/.test(target.protocol)) {
    throw fetchFailed(new Error('URL scheme must be a HTTP(S) scheme'));
  }
  const next = new Headers(headers);
  const hash = target.hash || urlParse(url).hash;
  const losesBody = status === 303 ? !['GET', 'HEAD'].includes(method) : status < 303 && method === 'POST';
  if (losesBody) for (const name of OF_THE_BODY) next.delete(name);
  if (target.origin !== urlParse(url).origin) for (const name of OF_THE_ORIGIN) next.delete(name);
  return {
    method: losesBody ? 'GET' : method,
    url: target.href.split('#')[0] + hash,
    headers: next,
    body: losesBody ? undefined : body,
  };
}

// Sends, and sends again for every redirect that is to be followed.
async function perform(first, { redirect, signal }) {
  let request = first;
  for (let redirects = 0; ; redirects += 1) {
    const answer = await exchange(request);
    signal.throwIfAborted();
    const location = locationOf(answer);
    if (location === undefined || redirect === 'manual') {
      const { method, url } = request;
      return receivedResponse(answer, { method, url: url.split('#')[0], redirected: redirects > 0 });
    }
    if (redirect === 'error') throw fetchFailed(new Error('unexpected redirect'));
    if (redirects === REDIRECTS_MAX) throw fetchFailed(new Error('redirect count exceeded'));
    request = redirected(request, answer, location);
  }
}

// Whatever comes first: the outcome of the work, or that nobody wants it any more.
function unlessAborted(signal, work) {
  return new Promise((resolve, reject) => {
    const stop = () => reject(signal.reason);
    signal.addEventListener('abort', stop, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}

export async function fetch(input, init = undefined) {
  const request = new Request(input, init);
  const { method, url, signal } = request;
  signal.throwIfAborted();
  if (!/^https?:/.test(url)) throw fetchFailed(new Error('unknown scheme'));
  const headers = new Headers({ ...DEFAULT_HEADERS, ...Object.fromEntries(request.headers) });
  const send = async () => {
    const body = await takeBody(request);
    return perform({ method, url, headers, body }, request);
  };
  return unlessAborted(signal, send());
}
