// Query strings as the qs package writes them, which request uses for `qs` and `form`.

const ESCAPED = /[!'()*]/g;

function escape(text) {
  return encodeURIComponent(String(text).toWellFormed())
    .replace(ESCAPED, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
}

// The part of RFC 3986 that `encodeURIComponent` leaves alone.
export function rfc3986(text) {
  return text.replace(ESCAPED, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
}

const ARRAY_KEYS = {
  brackets: (name) => `${name}[]`,
  indices: (name, index) => `${name}[${index}]`,
  repeat: (name) => name,
};

// `{a: [1, 2], b: 'x y'}` is `a%5B0%5D=1&a%5B1%5D=2&b=x%20y`.
export function stringify(object, options = {}) {
  const settings = {
    arrayKey: ARRAY_KEYS[options.arrayFormat] ?? (options.indices === false ? ARRAY_KEYS.repeat : ARRAY_KEYS.indices),
    encode: options.encode === false ? String : escape,
    skipNulls: options.skipNulls === true,
    strictNulls: options.strictNullHandling === true,
    dots: options.allowDots === true,
    sort: typeof options.sort === 'function' ? options.sort : undefined,
  };
  if (typeof object !== 'object' || object === null) return '';
  const names = Object.keys(object);
  if (settings.sort) names.sort(settings.sort);
  return names
    .filter((name) => !(settings.skipNulls && object[name] === null))
    .flatMap((name) => pairs(name, object[name], settings))
    .join(options.delimiter ?? '&');
}

function pairs(name, value, settings) {
  const { encode } = settings;
  if (value instanceof Date) return pairs(name, value.toISOString(), settings);
  if (value === null) return settings.strictNulls ? [encode(name)] : [`${encode(name)}=`];
  if (value instanceof Uint8Array) return pairs(name, globalThis.Buffer.from(value).toString(), settings);
  switch (typeof value) {
    case 'string': case 'number': case 'boolean': return [`${encode(name)}=${encode(value)}`];
    case 'object': case 'function': return nested(name, value, settings);
    default: return [];
  }
}

function nested(name, value, settings) {
  const keys = Object.keys(value);
  if (settings.sort) keys.sort(settings.sort);
  return keys
    .filter((key) => !(settings.skipNulls && value[key] === null))
    .flatMap((key) => {
      const inner = Array.isArray(value) ? settings.arrayKey(name, key)
        : settings.dots ? `${name}.${key}` : `${name}[${key}]`;
      return pairs(inner, value[key], settings);
    });
}

function unescape(text) {
  const spaced = text.replaceAll('+', ' ');
  try {
    return decodeURIComponent(spaced);
  } catch {
    return spaced;
  }
}

// What a URL's query holds already, so that `qs` can be merged into it.
export function parse(text, options = {}) {
  const result = {};
  for (const part of text.split(options.delimiter ?? '&').slice(0, 1000)) {
    if (part === '') continue;
    const bracket = part.indexOf(']=');
    const at = bracket === -1 ? part.indexOf('=') : bracket + 1;
    const name = unescape(at === -1 ? part : part.slice(0, at));
    place(result, path(name), at === -1 ? '' : unescape(part.slice(at + 1)));
  }
  return result;
}

// `a[b][]` is `a`, `b` and the empty key of an array.
function path(name) {
  const open = name.search(/\[[^[\]]*\]/);
  if (open === -1) return [name];
  const inner = [...name.slice(open).matchAll(/\[([^[\]]*)\]/g)].slice(0, 5).map((match) => match[1]);
  return open === 0 ? inner : [name.slice(0, open), ...inner];
}

function place(target, keys, value) {
  const [key, ...rest] = keys;
  if (key === '__proto__' || (!Array.isArray(target) && key in Object.prototype)) return;
  const at = key === '' && Array.isArray(target) ? target.length : key;
  if (rest.length === 0) {
    target[at] = Object.hasOwn(target, at) ? [target[at], value].flat() : value;
    return;
  }
  if (typeof target[at] !== 'object' || target[at] === null) {
    const isArray = rest[0] === '' || (/^\d+$/.test(rest[0]) && Number(rest[0]) <= 20);
    target[at] = isArray ? [] : {};
  }
  place(target[at], rest, value);
}
