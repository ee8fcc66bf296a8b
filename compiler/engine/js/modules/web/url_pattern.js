// The global `URLPattern`, by the WHATWG's URL Pattern standard.
import { URL } from 'sandglass:url';
import { canonical, isSpecialScheme, SPECIAL } from 'sandglass:url_pattern/canonical';
import { COMPONENTS, processed } from 'sandglass:url_pattern/init';
import { expressionOf, parse, patternOf } from 'sandglass:url_pattern/parts';
import { componentsOf } from 'sandglass:url_pattern/string';
import { coded, wellFormed } from 'sandglass:url_values';

const MEMBERS = [...COMPONENTS, 'baseURL'];
const PLAIN = { delimiter: '', prefix: '' };
const HOST = { delimiter: '.', prefix: '' };
const PATH = { delimiter: '/', prefix: '/' };

const refused = (why) => coded(TypeError, 'ERR_INVALID_URL_PATTERN', `Failed to construct 'URLPattern': ${why}`);

// A pattern of one component, ready to match.
function compiled(pattern, options, encode, ignoreCase = false) {
  const parts = parse(pattern, options, encode);
  return {
    pattern: patternOf(parts, options),
    expression: new RegExp(expressionOf(parts), ignoreCase ? 'ui' : 'u'),
    names: parts.flatMap(({ name }) => (name === undefined ? [] : [name])),
    hasRegExp: parts.some(({ kind }) => kind === 'regexp'),
  };
}

const protocolOf = (pattern) => compiled(pattern, PLAIN, canonical.protocol);
const matchesSpecial = ({ expression }) => Object.keys(SPECIAL).some((scheme) => expression.test(scheme));

function hostOf(pattern) {
  const isAddress = /^(\[|\{\[|\\\[)/.test(pattern) && pattern.length > 1;
  return compiled(pattern, HOST, isAddress ? canonical.addressOfSix : canonical.hostname);
}

function compiledAll(given, ignoreCase) {
  const all = Object.fromEntries(COMPONENTS.map((name) => [name, given[name] ?? '*']));
  if (isSpecialScheme(all.protocol) && SPECIAL[all.protocol] === all.port) all.port = '';
  const protocol = protocolOf(all.protocol);
  const isSpecial = matchesSpecial(protocol);
  const [options, encode] = isSpecial ? [PATH, canonical.pathname] : [PLAIN, canonical.opaquePathname];
  return {
    protocol,
    username: compiled(all.username, PLAIN, canonical.username),
    password: compiled(all.password, PLAIN, canonical.password),
    hostname: hostOf(all.hostname),
    port: compiled(all.port, PLAIN, canonical.port),
    pathname: compiled(all.pathname, options, encode, ignoreCase),
    search: compiled(all.search, PLAIN, canonical.search, ignoreCase),
    hash: compiled(all.hash, PLAIN, canonical.hash, ignoreCase),
  };
}

// What was given, as the interface converts it: a text, or the members of an object that are there.
function converted(input) {
  if (input !== undefined && input !== null && typeof input !== 'object' && typeof input !== 'function') return wellFormed(input);
  const given = MEMBERS.filter((name) => input?.[name] !== undefined);
  return Object.fromEntries(given.map((name) => [name, wellFormed(input[name])]));
}

function patternInit(input, baseURL) {
  if (typeof input !== 'string') {
    if (baseURL !== undefined) throw refused('a base URL is for a pattern that is a text');
    return input;
  }
  const init = componentsOf(input, (pattern) => matchesSpecial(protocolOf(pattern)));
  if (baseURL === undefined && init.protocol === undefined) throw refused('a relative pattern needs a base URL');
  return baseURL === undefined ? init : { ...init, baseURL };
}

// The components of what is matched; undefined when it is no URL.
function matchedParts(input, baseURL) {
  try {
    if (typeof input !== 'string') return processed(input, false);
    return partsOf(new URL(input, baseURL));
  } catch (error) {
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}

function partsOf(url) {
  const { username, password, hostname, port, pathname } = url;
  const [protocol, search, hash] = [url.protocol.slice(0, -1), url.search.slice(1), url.hash.slice(1)];
  return { protocol, username, password, hostname, port, pathname, search, hash };
}

export class URLPattern {
  #components;

  constructor(input = {}, baseURL = undefined, options = undefined) {
    const isBase = baseURL !== undefined && baseURL !== null && typeof baseURL !== 'object';
    const { ignoreCase } = (isBase ? options : baseURL) ?? {};
    try {
      const init = patternInit(converted(input), isBase ? wellFormed(baseURL) : undefined);
      this.#components = compiledAll(processed(init, true), Boolean(ignoreCase));
    } catch (error) {
      if (error.code === 'ERR_INVALID_URL_PATTERN') throw error;
      throw refused(error.message);
    }
  }

  test(input = {}, baseURL = undefined) {
    return this.#match(input, baseURL) !== null;
  }

  exec(input = {}, baseURL = undefined) {
    return this.#match(input, baseURL);
  }

  #match(input, baseURL) {
    const given = converted(input);
    const base = baseURL === undefined ? undefined : wellFormed(baseURL);
    if (typeof given !== 'string' && base !== undefined) {
      throw new TypeError('a base URL is for an input that is a text');
    }
    const parts = matchedParts(given, base);
    if (parts === undefined) return null;
    const result = { inputs: base === undefined ? [given] : [given, base] };
    for (const name of COMPONENTS) {
      const { expression, names } = this.#components[name];
      const found = expression.exec(parts[name]);
      if (found === null) return null;
      const groups = Object.fromEntries(names.map((group, index) => [group, found[index + 1]]));
      result[name] = { input: parts[name], groups };
    }
    return result;
  }

  get protocol() { return this.#components.protocol.pattern; }
  get username() { return this.#components.username.pattern; }
  get password() { return this.#components.password.pattern; }
  get hostname() { return this.#components.hostname.pattern; }
  get port() { return this.#components.port.pattern; }
  get pathname() { return this.#components.pathname.pattern; }
  get search() { return this.#components.search.pattern; }
  get hash() { return this.#components.hash.pattern; }
  get hasRegExpGroups() { return Object.values(this.#components).some(({ hasRegExp }) => hasRegExp); }

  static {
    Object.defineProperty(URLPattern.prototype, Symbol.toStringTag, { value: 'URLPattern', configurable: true });
    for (const name of [...COMPONENTS, 'hasRegExpGroups', 'test', 'exec']) {
      Object.defineProperty(URLPattern.prototype, name, { enumerable: true });
    }
  }
}
