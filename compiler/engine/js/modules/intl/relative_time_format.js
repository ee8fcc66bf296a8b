// `Intl.RelativeTimeFormat`.
import { data, numberingSystem, option, optionsOf, resolve, supportedLocalesOf } from 'sandglass:intl/locales';
import { NumberFormat } from 'sandglass:intl/number_format';
import { pluralOf } from 'sandglass:intl/plural_rules';

const UNITS = ['second', 'minute', 'hour', 'day', 'week', 'month', 'quarter', 'year'];

export class RelativeTimeFormat {
  #resolved;
  #style;
  #numeric;
  #system;
  #numbers;

  constructor(locales, options) {
    this.#resolved = resolve(locales);
    const known = optionsOf(options, 'RelativeTimeFormat');
    this.#system = numberingSystem(known, this.#resolved);
    this.#style = option(known, 'style', ['long', 'short', 'narrow'], 'long');
    this.#numeric = option(known, 'numeric', ['always', 'auto'], 'always');
    this.#numbers = new NumberFormat(this.#resolved.locale, { numberingSystem: this.#system });
  }

  format(value, unit) {
    return this.formatToParts(value, unit).map((part) => part.value).join('');
  }

  formatToParts(value, unit) {
    const number = Number(value);
    const name = `${unit}`.replace(/s$/, '');
    if (!UNITS.includes(name)) {
      throw new RangeError(`Invalid unit argument for format() '${unit}'`);
    }
    if (!Number.isFinite(number)) throw new RangeError('Invalid time value');
    const forms = data(this.#resolved.data, 'relative')[`${name}-${this.#style}`];
    const word = this.#numeric === 'auto' && !Object.is(number, -0) ? forms[`${number}`] : forms['0'] && this.#numeric === 'auto'
      ? forms['0'] : undefined;
    if (word !== undefined) return [{ type: 'literal', value: word }];
    const size = Math.abs(number);
    const shown = new NumberFormat('en', { useGrouping: false }).format(size);
    const plural = pluralOf(this.#resolved.data, shown);
    const table = number < 0 || Object.is(number, -0) ? forms.past : forms.future;
    const pattern = table[plural] ?? table.other;
    return pattern.split(/(\{0\})/).filter(Boolean).flatMap((piece) => {
      if (piece !== '{0}') return [{ type: 'literal', value: piece }];
      return this.#numbers.formatToParts(size).map((part) => ({ ...part, unit: name }));
    });
  }

  resolvedOptions() {
    return { locale: this.#resolved.locale, style: this.#style, numeric: this.#numeric, numberingSystem: this.#system };
  }

  static supportedLocalesOf(locales) { return supportedLocalesOf(locales); }

  static {
    Object.defineProperty(RelativeTimeFormat.prototype, Symbol.toStringTag,
      { value: 'Intl.RelativeTimeFormat', configurable: true });
  }
}
