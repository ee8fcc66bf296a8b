// `Intl.Locale`: a tag of BCP 47 and its parts.
import { namespace } from 'sandglass:native';
import { baseName, kLocale, keywords, optionsOf, parseTag, root, tagOf } from 'sandglass:intl/locales';

const KEYS = { calendar: 'ca', collation: 'co', hourCycle: 'hc', caseFirst: 'kf', numeric: 'kn', numberingSystem: 'nu' };

function extensionOf(keys) {
  const names = Object.keys(keys).sort();
  if (names.length === 0) return '';
  return `-u-${names.map((name) => (keys[name] === '' || keys[name] === 'true' ? name : `${name}-${keys[name]}`)).join('-')}`;
}

function checked(options, name, form) {
  const value = options[name];
  if (value === undefined) return undefined;
  if (!form.test(`${value}`)) throw new RangeError(`Incorrect locale information provided`);
  return `${value}`;
}

export class Locale {
  #parts;
  #keys;

  constructor(tag, options) {
    if (typeof tag !== 'string' && (typeof tag !== 'object' || tag === null)) {
      throw new TypeError('First argument to Intl.Locale constructor can\'t be empty or missing');
    }
    const known = optionsOf(options, 'Locale');
    const parts = parseTag(tag[kLocale] ?? `${tag}`);
    const language = checked(known, 'language', /^([a-z]{2,3}|[a-z]{5,8})$/i);
    const script = checked(known, 'script', /^[a-z]{4}$/i);
    const region = checked(known, 'region', /^([a-z]{2}|\d{3})$/i);
    const given = [language ?? parts.language, script ?? parts.script, region ?? parts.region].filter(Boolean).join('-');
    this.#keys = keywords(parts);
    for (const [name, key] of Object.entries(KEYS)) {
      if (known[name] !== undefined) this.#keys[key] = `${known[name]}`;
    }
    this.#parts = { ...parseTag(given + parts.variants), extensions: extensionOf(this.#keys), privateUse: parts.privateUse };
  }

  get [kLocale]() { return tagOf(this.#parts); }
  get language() { return this.#parts.language; }
  get script() { return this.#parts.script; }
  get region() { return this.#parts.region; }
  get baseName() { return baseName(this.#parts); }
  get calendar() { return this.#keys.ca; }
  get collation() { return this.#keys.co; }
  get hourCycle() { return this.#keys.hc; }
  get caseFirst() { return this.#keys.kf; }
  get numberingSystem() { return this.#keys.nu; }
  get numeric() { return this.#keys.kn !== undefined && this.#keys.kn !== 'false'; }
  get textInfo() { return { direction: /^(ar|fa|he|ur|ps|yi|dv|ug)$/.test(this.language) ? 'rtl' : 'ltr' }; }

  get weekInfo() {
    const asked = this.#keys.rg?.slice(0, 2).toUpperCase();
    // Of a language that nobody named, the United States are likely.
    const region = asked ?? this.region ?? this.maximize().region ?? (this.language === 'und' ? 'US' : '001');
    return namespace('sandglass:intl/weeks').weekInfo(region, this.#keys.fw);
  }

  toString() { return tagOf(this.#parts); }

  maximize() {
    const { language, script, region } = this.#parts;
    const likely = root('likely');
    const tries = [[language, script, region], [language, region], [language, script], [language]];
    const found = tries.map((parts) => likely[parts.filter(Boolean).join('-')]).find(Boolean);
    if (found === undefined) return this;
    const [, ofScript, ofRegion] = found.split('-');
    return this.#with({ script: script ?? ofScript, region: region ?? ofRegion });
  }

  minimize() {
    const full = this.maximize();
    const { language, script, region } = full;
    const tries = [{}, { region }, { script }];
    for (const parts of tries) {
      const candidate = this.#with({ script: undefined, region: undefined, ...parts, language });
      if (candidate.maximize().toString() === full.toString()) return candidate;
    }
    return full;
  }

  #with(parts) {
    return new Locale(tagOf({ ...this.#parts, ...parts }));
  }

  static {
    Object.defineProperty(Locale.prototype, Symbol.toStringTag, { value: 'Intl.Locale', configurable: true });
  }
}
