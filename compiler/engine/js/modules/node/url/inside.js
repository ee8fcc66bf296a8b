// What Node.js's own `url.js` finds around it: characters by their names, protocols, and what is native there.
import { domainToASCII, domainToUnicode } from 'sandglass:native';
import { URL } from 'sandglass:url';
import { coded } from 'sandglass:url_values';

const CODES = {
  CHAR_TAB: '\t',
  CHAR_LINE_FEED: '\n',
  CHAR_CARRIAGE_RETURN: '\r',
  CHAR_SPACE: ' ',
  CHAR_NO_BREAK_SPACE: '\u00A0',
  CHAR_ZERO_WIDTH_NOBREAK_SPACE: '\uFEFF',
  CHAR_HASH: '#',
  CHAR_FORWARD_SLASH: '/',
  CHAR_LEFT_SQUARE_BRACKET: '[',
  CHAR_RIGHT_SQUARE_BRACKET: ']',
  CHAR_LEFT_ANGLE_BRACKET: '<',
  CHAR_RIGHT_ANGLE_BRACKET: '>',
  CHAR_LEFT_CURLY_BRACKET: '{',
  CHAR_RIGHT_CURLY_BRACKET: '}',
  CHAR_QUESTION_MARK: '?',
  CHAR_DOUBLE_QUOTE: '"',
  CHAR_SINGLE_QUOTE: "'",
  CHAR_PERCENT: '%',
  CHAR_SEMICOLON: ';',
  CHAR_BACKWARD_SLASH: '\\',
  CHAR_CIRCUMFLEX_ACCENT: '^',
  CHAR_GRAVE_ACCENT: '`',
  CHAR_VERTICAL_LINE: '|',
  CHAR_AT: '@',
  CHAR_COLON: ':',
};
export const characters = Object.fromEntries(Object.entries(CODES).map(([name, text]) => [name, text.charCodeAt(0)]));

const withAndWithoutColon = (...names) => new Set(names.flatMap((name) => [name, `${name}:`]));
export const unsafeProtocol = withAndWithoutColon('javascript');
export const hostlessProtocol = unsafeProtocol;
export const slashedProtocol = withAndWithoutColon('http', 'https', 'ftp', 'gopher', 'file', 'ws', 'wss');

export function ERR_INVALID_URL(input) {
  return coded(TypeError, 'ERR_INVALID_URL', 'Invalid URL', { input });
}

// A name in ASCII is what it is, also where the standard would read a number as an address.
export function toASCII(name) {
  return /^[\0-\x7F]*$/.test(name) && !/(?:^|\.)xn--/i.test(name) ? name : domainToASCII(name.toWellFormed());
}

// Leaves the characters that a name of a user may have.
export function encodeStr(text) {
  return text.replace(/[^A-Za-z0-9!'()*\-.:_~]+/g, (part) => encodeURIComponent(part.toWellFormed()));
}

export function spliceOne(list, index) {
  list.splice(index, 1);
}

function withUnicodeHost({ href, protocol, username, password, hostname }) {
  const user = password === '' ? username : `${username}:${password}`;
  const start = `${protocol}//${user && `${user}@`}`.length;
  return href.slice(0, start) + domainToUnicode(hostname) + href.slice(start + hostname.length);
}

export const bindingUrl = {
  format(href, fragment, unicode, search, auth) {
    const url = new URL(href);
    if (!fragment) url.hash = '';
    if (!search) url.search = '';
    if (!auth) url.username = url.password = '';
    return unicode && url.hostname !== '' ? withUnicodeHost(url) : url.href;
  },
};
