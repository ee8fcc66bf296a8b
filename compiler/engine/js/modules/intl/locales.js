// Which languages does `Intl` speak, and which of these does a list of locales ask for?
//
// The data are those of the Unicode CLDR, made by `compiler/engine/locales`; each part of each language is
// a module of its own, loaded when it is needed.
import { namespace } from 'sandglass:native';

const cache = new Map();

function read(name) {
  if (!cache.has(name)) {
    let data = null;
    try {
      data = JSON.parse(namespace(`sandglass:locale/${name}`).default);
    } catch {
      // A region that has nothing of its own.
    }
    cache.set(name, data);
  }
  return cache.get(name);
}

export function root(part) {
  return read(`root.${part}`);
}

function merge(parent, child) {
  if (typeof child !== 'object' || child === null || Array.isArray(child) || typeof parent !== 'object') return child;
  const merged = { ...parent };
  for (const [key, value] of Object.entries(child)) {
    if (value === null) delete merged[key];
    else merged[key] = key in merged ? merge(merged[key], value) : value;
  }
  return merged;
}

// What locale a region's data are told by their difference to.
function parentOf(locale) {
  return locale === 'zh-Hant-HK' ? 'zh-Hant' : locale.split('-')[0];
}

// A part of the data of a locale that `resolve` gave.
export function data(locale, part) {
  const key = `=${locale}.${part}`;
  if (!cache.has(key)) {
    const parent = parentOf(locale);
    const own = read(`${locale}.${part}`);
    cache.set(key, parent === locale ? own : own === null ? data(parent, part) : merge(data(parent, part), own));
  }
  return cache.get(key);
}

const TAG = /^([a-z]{2,3}|[a-z]{5,8})(-[a-z]{4})?(-(?:[a-z]{2}|\d{3}))?((?:-(?:[a-z\d]{5,8}|\d[a-z\d]{3}))*)((?:-[a-wyz\d](?:-[a-z\d]{2,8})+)*)(-x(?:-[a-z\d]{1,8})+)?$/i;
const OLD = { iw: 'he', in: 'id', ji: 'yi', no: 'nb', tl: 'fil', mo: 'ro', sh: 'sr' };

// The parts of a tag of BCP 47, in their canonical form.
export function parseTag(tag) {
  const match = TAG.exec(tag);
  if (match === null) throw new RangeError(`Incorrect locale information provided`);
  const [, language, script, region, variants, extensions, privateUse = ''] = match;
  const lower = language.toLowerCase();
  return {
    language: lower === 'no' ? 'no' : OLD[lower] ?? lower,
    script: script && script[1].toUpperCase() + script.slice(2).toLowerCase(),
    region: region && region.slice(1).toUpperCase(),
    variants: variants.toLowerCase(),
    extensions: extensions.toLowerCase(),
    privateUse: privateUse.toLowerCase(),
  };
}

export function baseName({ language, script, region, variants }) {
  return [language, script, region].filter(Boolean).join('-') + variants;
}

export function tagOf(parts) {
  return baseName(parts) + parts.extensions + parts.privateUse;
}

// The keywords of the extension `u`.
export function keywords({ extensions }) {
  const found = {};
  const [, text] = /-u((?:-[a-z\d]{2,8})+)/.exec(extensions) ?? [];
  if (text === undefined) return found;
  let key;
  for (const word of text.slice(1).split('-')) {
    if (word.length === 2) found[key = word] = '';
    else if (key !== undefined) found[key] += (found[key] === '' ? '' : '-') + word;
  }
  return found;
}

export function getCanonicalLocales(locales) {
  if (locales === undefined) return [];
  const list = typeof locales === 'string' || locales instanceof Object && kLocale in locales ? [locales]
    : Array.from(Object(locales));
  const seen = new Set();
  for (const one of list) {
    if (typeof one !== 'string' && (typeof one !== 'object' || one === null)) {
      throw new TypeError('Incorrect locale information provided');
    }
    const tag = one[kLocale] ?? `${one}`;
    let parts;
    try {
      parts = parseTag(tag);
    } catch {
      throw new RangeError(`Incorrect locale information provided`);
    }
    seen.add(tagOf(parts));
  }
  return [...seen];
}

// The property by which a `Locale` says its tag.
export const kLocale = Symbol('locale');

const HANT = ['TW', 'HK', 'MO'];
const DEFAULT = 'en-US';

// The locale whose data are taken, for a tag that we speak.
function dataLocale({ language, script, region }) {
  const { locales } = root('core');
  const spoken = language === 'no' ? 'nb' : language;
  if (!locales.includes(spoken)) return undefined;
  if (spoken === 'zh') {
    if (script !== 'Hant' && !(script === undefined && HANT.includes(region))) return 'zh';
    return region === 'HK' || region === 'MO' ? 'zh-Hant-HK' : 'zh-Hant';
  }
  if (locales.includes(`${spoken}-${region}`)) return `${spoken}-${region}`;
  const isAmerican = spoken === 'es' && region !== undefined && !['ES', 'GQ', 'PH', 'EA', 'IC', '150'].includes(region);
  if (isAmerican) return 'es-419';
  if (spoken === 'pt' && region !== undefined && region !== 'BR') return 'pt-PT';
  if (spoken === 'en' && region !== undefined && !['US', 'AS', 'BI', 'GU', 'PH', 'PR', 'UM', 'VI', 'MH', 'MP'].includes(region)) {
    return 'en-GB';
  }
  return spoken;
}

// The first locale that we speak, otherwise English: its `locale` as it is shown, the `keys` of its
// extension, and whose `data` are taken.
export function resolve(locales) {
  for (const tag of getCanonicalLocales(locales)) {
    const parts = parseTag(tag);
    const found = dataLocale(parts);
    if (found !== undefined) {
      return { locale: baseName({ ...parts, variants: '' }), keys: keywords(parts), data: found };
    }
  }
  return { locale: DEFAULT, keys: {}, data: 'en' };
}

export function supportedLocalesOf(locales) {
  return getCanonicalLocales(locales).filter((tag) => dataLocale(parseTag(tag)) !== undefined);
}

// The option of that name, which must be one of `values`.
export function option(options, name, values, otherwise) {
  const value = options[name];
  if (value === undefined) return otherwise;
  const text = `${value}`;
  if (values !== undefined && !values.includes(text)) {
    throw new RangeError(`Value ${text} out of range for Intl.${options[kFor] ?? 'options'} options property ${name}`);
  }
  return text;
}

const kFor = Symbol('for');

export function optionsOf(options, constructor) {
  if (options === null) throw new TypeError('Cannot convert undefined or null to object');
  const known = Object.create(options === undefined ? null : Object(options));
  known[kFor] = constructor;
  return known;
}

export function integerOption(options, name, least, most, otherwise) {
  const value = options[name];
  if (value === undefined) return otherwise;
  const number = Number(value);
  if (!(number >= least && number <= most)) throw new RangeError(`${name} value is out of range.`);
  return Math.floor(number);
}

// The numerals of a numbering system, from 0 to 9.
export function numeralsOf(system) {
  return [...root('core').numerals[system]];
}

// Which numerals are shown.
export function numberingSystem(options, resolved) {
  const known = root('core').numerals;
  const asked = options.numberingSystem;
  if (asked !== undefined && !/^[a-z\d]{3,8}(-[a-z\d]{3,8})*$/i.test(`${asked}`)) {
    throw new RangeError(`Invalid numberingSystem : ${asked}`);
  }
  for (const name of [asked, resolved.keys.nu]) {
    if (name !== undefined && Object.hasOwn(known, name)) return `${name}`;
  }
  return data(resolved.data, 'core').numbers.system;
}
