// `Intl.Collator`: the order of words, which the host knows.
import { collate } from 'sandglass:native';
import { option, optionsOf, resolve, supportedLocalesOf } from 'sandglass:intl/locales';

const SENSITIVITIES = ['base', 'accent', 'case', 'variant'];

export class Collator {
  #resolved;
  #settings;
  #tag;
  #compare;

  constructor(locales, options) {
    this.#resolved = resolve(locales);
    const { keys } = this.#resolved;
    const known = optionsOf(options, 'Collator');
    const usage = option(known, 'usage', ['sort', 'search'], 'sort');
    const numeric = known.numeric === undefined ? keys.kn !== undefined && keys.kn !== 'false' : Boolean(known.numeric);
    const caseFirst = option(known, 'caseFirst', ['upper', 'lower', 'false'],
      ['upper', 'lower'].includes(keys.kf) ? keys.kf : 'false');
    const sensitivity = option(known, 'sensitivity', SENSITIVITIES, 'variant');
    const ignorePunctuation = Boolean(known.ignorePunctuation);
    const collation = option(known, 'collation') ?? keys.co ?? 'default';
    this.#settings = { usage, sensitivity, ignorePunctuation, collation, numeric, caseFirst };
    const extension = [...(collation === 'default' ? [] : [`co-${collation}`]), ...(numeric ? ['kn'] : []),
      ...(caseFirst === 'false' ? [] : [`kf-${caseFirst}`])];
    this.#tag = this.#resolved.locale + (extension.length > 0 ? `-u-${extension.join('-')}` : '');
  }

  get compare() {
    const strength = SENSITIVITIES.indexOf(this.#settings.sensitivity);
    this.#compare ??= Object.defineProperty((one, other) => collate(this.#tag, strength,
      this.#settings.ignorePunctuation, `${one}`.toWellFormed(), `${other}`.toWellFormed()), 'name', { value: '' });
    return this.#compare;
  }

  resolvedOptions() {
    const { usage, sensitivity, ignorePunctuation, collation, numeric, caseFirst } = this.#settings;
    return { locale: this.#resolved.locale, usage, sensitivity, ignorePunctuation, collation, numeric, caseFirst };
  }

  static supportedLocalesOf(locales) { return supportedLocalesOf(locales); }

  static {
    Object.defineProperty(Collator.prototype, Symbol.toStringTag, { value: 'Intl.Collator', configurable: true });
  }
}
