// `Intl.DisplayNames`.
import { baseName, data, option, optionsOf, parseTag, resolve, supportedLocalesOf } from 'sandglass:intl/locales';

const TYPES = ['language', 'region', 'script', 'currency', 'calendar', 'dateTimeField'];
const CODES = { region: /^([A-Z]{2}|\d{3})$/i, script: /^[A-Z]{4}$/i, currency: /^[A-Z]{3}$/i };

export class DisplayNames {
  #resolved;
  #settings;

  constructor(locales, options) {
    if (options === undefined) throw new TypeError('Cannot convert undefined or null to object');
    this.#resolved = resolve(locales);
    const known = optionsOf(options, 'DisplayNames');
    const style = option(known, 'style', ['narrow', 'short', 'long'], 'long');
    const type = option(known, 'type', TYPES);
    if (type === undefined) throw new TypeError('Required option "type" must not be undefined');
    const fallback = option(known, 'fallback', ['code', 'none'], 'code');
    const languageDisplay = option(known, 'languageDisplay', ['dialect', 'standard'], 'dialect');
    this.#settings = { style, type, fallback, languageDisplay };
  }

  of(code) {
    const { type, fallback } = this.#settings;
    const text = `${code}`;
    if (CODES[type] !== undefined && !CODES[type].test(text)) {
      throw new RangeError(`Invalid argument to Intl.DisplayNames.prototype.of`);
    }
    const canonical = this.#canonical(text);
    return this.#name(canonical) ?? (fallback === 'code' ? canonical : undefined);
  }

  #canonical(code) {
    switch (this.#settings.type) {
      case 'language': return baseName(parseTag(code));
      case 'script': return code[0].toUpperCase() + code.slice(1).toLowerCase();
      case 'region': case 'currency': return code.toUpperCase();
      default: return code;
    }
  }

  #name(code) {
    const { type } = this.#settings;
    const names = data(this.#resolved.data, 'names');
    if (type === 'currency') return data(this.#resolved.data, 'core').currencies.names[code]?.name;
    if (type !== 'language') return names[type]?.[code];
    if (this.#settings.languageDisplay === 'dialect' && names.language[code] !== undefined) return names.language[code];
    const { language, script, region } = parseTag(code);
    const base = names.language[language];
    if (base === undefined) return undefined;
    const more = [names.script[script] ?? script, names.region[region] ?? region].filter(Boolean);
    return more.length === 0 ? base : names.pattern.replace('{0}', base).replace('{1}', more.join(names.separator));
  }

  resolvedOptions() {
    const { languageDisplay, ...settings } = this.#settings;
    return { locale: this.#resolved.locale, ...settings, ...(settings.type === 'language' ? { languageDisplay } : {}) };
  }

  static supportedLocalesOf(locales) { return supportedLocalesOf(locales); }

  static {
    Object.defineProperty(DisplayNames.prototype, Symbol.toStringTag, { value: 'Intl.DisplayNames', configurable: true });
  }
}
