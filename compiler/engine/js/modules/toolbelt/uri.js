// Addresses as Node.js's `url.parse` takes them apart: request shows them to lambdas as
// `response.request.uri`, and its rules decide what is an invalid URI.
import { domainToASCII } from 'sandglass:native';

const SCHEME = /^[a-z0-9.+-]+:/i;
const UNSAFE = /[\t\n\r "'<>\\^`{|}]/g;
const SLASHED = ['http:', 'https:', 'ftp:', 'file:', 'ws:', 'wss:', 'gopher:'];

export class Uri {
  protocol = null;
  slashes = null;
  auth = null;
  host = null;
  port = null;
  hostname = null;
  hash = null;
  search = null;
  query = null;
  pathname = null;
  path = null;
  href = '';
}

export function parse(text) {
  const uri = new Uri();
  let rest = forwardSlashes(text.trim());
  const scheme = SCHEME.exec(rest)?.[0];
  if (scheme !== undefined) {
    uri.protocol = scheme.toLowerCase();
    rest = rest.slice(scheme.length);
  }
  const slashes = rest.startsWith('//');
  if (slashes && scheme !== undefined) {
    uri.slashes = true;
    rest = rest.slice(2);
  }
  if (scheme !== undefined && (slashes || !SLASHED.includes(uri.protocol))) {
    rest = takeHost(uri, rest);
  }
  takePath(uri, rest.replace(UNSAFE, encodeURIComponent).replaceAll("'", '%27'));
  uri.href = format(uri);
  return uri;
}

// Backslashes count as slashes, up to the query.
function forwardSlashes(text) {
  const query = text.search(/[?#]/);
  const end = query === -1 ? text.length : query;
  return text.slice(0, end).replaceAll('\\', '/') + text.slice(end);
}

function takeHost(uri, text) {
  const end = text.search(/[/?#]/);
  let authority = end === -1 ? text : text.slice(0, end);
  const at = authority.lastIndexOf('@');
  if (at !== -1) {
    uri.auth = decodeURIComponent(authority.slice(0, at));
    authority = authority.slice(at + 1);
  }
  let rest = text.slice(end === -1 ? text.length : end);
  const stray = authority.search(/[\t\n\r "%'<>\\^`{|}]/);
  if (stray !== -1) {
    rest = authority.slice(stray) + rest;
    authority = authority.slice(0, stray);
  }
  const port = /:\d*$/.exec(authority)?.[0];
  if (port !== undefined) {
    if (port !== ':') uri.port = port.slice(1);
    authority = authority.slice(0, -port.length);
  }
  const isAddress = authority.startsWith('[') && authority.endsWith(']');
  const hostname = isAddress ? authority.toLowerCase() : ascii(authority.toLowerCase());
  uri.hostname = isAddress ? hostname.slice(1, -1) : hostname;
  uri.host = hostname + (uri.port === null ? '' : `:${uri.port}`);
  if (rest !== '' && !/^[/?#]/.test(rest)) rest = `/${rest}`;
  return rest;
}

function ascii(hostname) {
  return /^[\0-\x7f]*$/.test(hostname) ? hostname : domainToASCII(hostname);
}

function takePath(uri, text) {
  const hash = text.indexOf('#');
  if (hash !== -1) uri.hash = text.slice(hash);
  const withQuery = hash === -1 ? text : text.slice(0, hash);
  const query = withQuery.indexOf('?');
  if (query !== -1) {
    uri.search = withQuery.slice(query);
    uri.query = uri.search.slice(1);
  }
  uri.pathname = (query === -1 ? withQuery : withQuery.slice(0, query)) || null;
  if (uri.pathname === null && uri.hostname && SLASHED.includes(uri.protocol)) uri.pathname = '/';
  if (uri.pathname !== null || uri.search !== null) uri.path = (uri.pathname ?? '') + (uri.search ?? '');
}

// What `url.format` makes of the parts.
export function format(uri) {
  const protocol = uri.protocol ? uri.protocol.replace(/:?$/, ':') : '';
  const auth = uri.auth ? `${encodeURIComponent(uri.auth).replace(/%3A/i, ':')}@` : '';
  let pathname = uri.pathname ?? '';
  let host = '';
  if (uri.host) {
    host = auth + uri.host;
  } else if (uri.hostname) {
    host = auth + (uri.hostname.includes(':') ? `[${uri.hostname}]` : uri.hostname);
    if (uri.port) host += `:${uri.port}`;
  }
  if (uri.slashes || SLASHED.includes(protocol)) {
    if (uri.slashes || host) {
      if (pathname && !pathname.startsWith('/')) pathname = `/${pathname}`;
      host = `//${host}`;
    } else if (protocol === 'file:') {
      host = '//';
    }
  }
  const search = (uri.search ?? (typeof uri.query === 'string' ? `?${uri.query}` : '')).replaceAll('#', '%23');
  return protocol + host + pathname.replace(/[?#]/g, encodeURIComponent) + search + (uri.hash ?? '');
}
