// The `Authorization` header of OAuth 1 with HMAC-SHA1 (RFC 5849).
import { base64Encode, formParse, hexEncode, hmac, randomFill, utf8Encode } from 'sandglass:native';
import { rfc3986 } from 'sandglass:toolbelt/query';
import { parse as parseUri } from 'sandglass:toolbelt/uri';

const DEFAULT_PORT = { 'http:': /:80$/, 'https:': /:443$/ };

function encode(text) {
  return rfc3986(encodeURIComponent(`${text}`.toWellFormed()));
}

// `[name, value]` for each parameter of a query or a form.
function parameters(text) {
  const flat = formParse(text.toWellFormed());
  return flat.flatMap((name, at) => (at % 2 === 0 ? [[name, flat[at + 1]]] : []));
}

// Section 3.4.1.3.2: encoded, sorted by name and then by value, as bytes.
function normalized(pairs) {
  return pairs
    .map(([name, value]) => [encode(name), encode(value)])
    .sort(([a, x], [b, y]) => compare(a, b) || compare(x, y))
    .map((pair) => pair.join('='))
    .join('&');
}

function compare(a, b) {
  return a < b ? -1 : Number(a > b);
}

// Section 3.4.1.1.
function baseString(method, uri, pairs) {
  const host = uri.host.toLowerCase().replace(DEFAULT_PORT[uri.protocol], '');
  const url = `${uri.protocol}//${host}${uri.pathname || '/'}`;
  return [method.toUpperCase(), url, normalized(pairs)].map(encode).join('&');
}

// Section 3.4.2.
function signature(base, { consumerSecret, tokenSecret }) {
  const key = `${encode(consumerSecret)}&${encode(tokenSecret)}`;
  return base64Encode(hmac('sha1', utf8Encode(key), utf8Encode(base)), false);
}

// Section 3.5.1.
function header(values) {
  const pairs = Object.entries(values).sort(([a], [b]) => compare(a, b));
  return `OAuth ${pairs.map(([name, value]) => `${name}="${encode(value)}"`).join(', ')}`;
}

// `form` is the body where that is a form; other bodies are not signed.
export function authorization(appKey, { method, url, form = '' }) {
  const own = {
    oauth_consumer_key: appKey.consumerKey,
    oauth_nonce: hexEncode(randomFill(16)),
    oauth_signature_method: 'HMAC-SHA1',
    oauth_timestamp: Math.floor(Date.now() / 1000),
    oauth_token: appKey.token,
    oauth_version: '1.0',
  };
  const uri = parseUri(url);
  const signed = [...Object.entries(own), ...parameters(uri.query ?? ''), ...parameters(form)];
  return header({ ...own, oauth_signature: signature(baseString(method, uri, signed), appKey) });
}
