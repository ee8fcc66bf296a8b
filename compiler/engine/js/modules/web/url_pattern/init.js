// What are the components of a pattern, or of what is matched, that is given in parts? https://urlpattern.spec.whatwg.org/#canon-processing-for-init
import { URL } from 'sandglass:url';
import { canonical, isSpecialScheme } from 'sandglass:url_pattern/canonical';
import { escapePattern } from 'sandglass:url_pattern/parts';

export const COMPONENTS = ['protocol', 'username', 'password', 'hostname', 'port', 'pathname', 'search', 'hash'];

// What is there of a component without the sign that a URL has around it.
const STRIPPED = {
  protocol: (value) => value.replace(/:$/, ''),
  search: (value) => value.replace(/^\?/, ''),
  hash: (value) => value.replace(/^#/, ''),
};
const stripped = (name, value) => STRIPPED[name]?.(value) ?? value;

// A component comes from the base unless it, or one before it, is given.
const BEFORE = {
  protocol: [],
  username: ['protocol', 'hostname', 'port'],
  password: ['protocol', 'hostname', 'port', 'username'],
  hostname: ['protocol'],
  port: ['protocol', 'hostname'],
  pathname: ['protocol', 'hostname', 'port'],
  search: ['protocol', 'hostname', 'port', 'pathname'],
  hash: ['protocol', 'hostname', 'port', 'pathname', 'search'],
};

function inherit(result, init, base, isPattern) {
  const escaped = isPattern ? escapePattern : (text) => text;
  for (const name of COMPONENTS) {
    const isGiven = [...BEFORE[name], name].some((part) => init[part] !== undefined);
    if (isGiven || (isPattern && (name === 'username' || name === 'password'))) continue;
    result[name] = escaped(stripped(name, base[name]));
  }
}

const isAbsolute = (path, isPattern) => path.startsWith('/') || (isPattern && /^(\\|\{)\//.test(path));

// A relative path after the folder of the base's.
function resolved(path, base, isPattern) {
  const folder = base?.pathname.startsWith('/') && path !== undefined && !isAbsolute(path, isPattern);
  if (!folder) return path;
  const escaped = isPattern ? escapePattern(base.pathname) : base.pathname;
  return escaped.slice(0, escaped.lastIndexOf('/') + 1) + path;
}

// The components of what is matched begin as empty texts, those of a pattern are not there until they are given.
export function processed(init, isPattern) {
  const result = isPattern ? {} : Object.fromEntries(COMPONENTS.map((name) => [name, '']));
  const base = init.baseURL === undefined ? undefined : new URL(init.baseURL);
  if (base !== undefined) inherit(result, init, base, isPattern);
  for (const name of COMPONENTS) {
    if (init[name] === undefined) continue;
    const value = name === 'pathname' ? resolved(init.pathname, base, isPattern) : stripped(name, init[name]);
    result[name] = isPattern ? value : canonicalOf(name, value, result.protocol);
  }
  return result;
}

function canonicalOf(name, value, protocol) {
  const isOpaque = name === 'pathname' && protocol !== '' && !isSpecialScheme(protocol);
  return canonical[isOpaque ? 'opaquePathname' : name](value, protocol);
}
