// How is each component of a URL written? The URL standard's own setters say it. https://urlpattern.spec.whatwg.org/#canon
import { URL } from 'sandglass:url';

// A URL in which one component is set.
function withPart(name, value, scheme = 'https') {
  const url = new URL(`${scheme}://dummy.invalid`);
  url[name] = value;
  return url[name];
}

const unlessEmpty = (canonical) => (value, protocol) => (value === '' ? '' : canonical(value, protocol));

function hostname(value) {
  const host = withPart('hostname', value);
  // It is that when it was not taken.
  if (host === 'dummy.invalid' && value !== host) throw new TypeError(`${value} is no hostname`);
  return host;
}

function addressOfSix(value) {
  if (!/^[\da-f[\]:]*$/i.test(value)) throw new TypeError(`${value} is no address`);
  return value.toLowerCase();
}

function port(value, protocol) {
  const [digits] = /^\d*/.exec(value.replace(/[\t\n\r]/g, ''));
  if (digits === '' || Number(digits) > 65535) throw new TypeError(`${value} is no port`);
  return withPart('port', digits, isSpecialScheme(protocol) ? protocol : 'none');
}

function pathname(value) {
  if (value.startsWith('/')) return withPart('pathname', value);
  return withPart('pathname', `/-${value}`).slice(2);
}

export const SPECIAL = { ftp: '21', file: undefined, http: '80', https: '443', ws: '80', wss: '443' };

export const isSpecialScheme = (protocol) => protocol !== undefined && Object.hasOwn(SPECIAL, protocol);

export const canonical = {
  protocol: unlessEmpty((value) => new URL(`${value}://dummy.invalid`).protocol.slice(0, -1)),
  username: unlessEmpty((value) => withPart('username', value)),
  password: unlessEmpty((value) => withPart('password', value)),
  hostname: unlessEmpty(hostname),
  addressOfSix: unlessEmpty(addressOfSix),
  port: unlessEmpty(port),
  pathname: unlessEmpty(pathname),
  // Of a URL whose path is only a text. What follows keeps its last spaces.
  opaquePathname: unlessEmpty((value) => new URL(`data:${value}#`).pathname),
  search: unlessEmpty((value) => withPart('search', `?${value}`).slice(1)),
  hash: unlessEmpty((value) => withPart('hash', `#${value}`).slice(1)),
};
