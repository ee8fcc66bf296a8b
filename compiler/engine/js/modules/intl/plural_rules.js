// `Intl.PluralRules`: which form of a word goes with a number?
import { data, option, optionsOf, resolve, supportedLocalesOf } from 'sandglass:intl/locales';
import { digitSettings, exposeDigits, rounded } from 'sandglass:intl/decimal';

// One relation of a rule, such as `n % 10 = 3..4,9`.
function holds(relation, operands) {
  const [, operand, modulus, negation, list] =
    /^([a-z])(?: % (\d+))? (!?)= ([\d.,]+)$/.exec(relation.trim());
  const value = modulus === undefined ? operands[operand] : operands[operand] % Number(modulus);
  const isIn = list.split(',').some((range) => {
    const [from, to = from] = range.split('..').map(Number);
    return Number.isInteger(value) ? value >= from && value <= to : value === from && from === to;
  });
  return isIn !== (negation === '!');
}

// The operands of UTS 35 for a decimal number as it is shown; `exponent` is that of a compact form, whose
// other operands are those of the number before it, as in ICU.
function operandsOf(text, exponent) {
  const [whole, fraction = ''] = text.split('.');
  const trimmed = fraction.replace(/0+$/, '');
  return {
    n: Number(text),
    i: Number(whole),
    v: fraction.length,
    w: trimmed.length,
    f: Number(fraction),
    t: Number(trimmed),
    c: exponent,
    e: exponent,
  };
}

// The category of an unsigned decimal number, as it is shown.
export function pluralOf(locale, text, exponent = 0, isOrdinal = false) {
  const operands = operandsOf(text, exponent);
  for (const [category, rule] of Object.entries(data(locale, 'core').plurals[isOrdinal ? 1 : 0])) {
    if (category === 'other' || rule === '') continue;
    const isSo = rule.split(' or ').some((all) => all.split(' and ').every((one) => holds(one, operands)));
    if (isSo) return category;
  }
  return 'other';
}

export class PluralRules {
  #resolved;
  #type;
  #digits;

  constructor(locales, options) {
    this.#resolved = resolve(locales);
    const known = optionsOf(options, 'PluralRules');
    this.#type = option(known, 'type', ['cardinal', 'ordinal'], 'cardinal');
    this.#digits = digitSettings(known, 0, 3, false);
  }

  select(value) {
    const number = Number(value);
    if (!Number.isFinite(number)) return 'other';
    return pluralOf(this.#resolved.data, rounded(Math.abs(number), this.#digits), 0, this.#type === 'ordinal');
  }

  selectRange(start, end) {
    if (start === undefined || end === undefined) throw new TypeError('start and end must be given');
    if (Number.isNaN(Number(start)) || Number.isNaN(Number(end))) throw new RangeError('Invalid number');
    return this.select(end);
  }

  resolvedOptions() {
    const rules = data(this.#resolved.data, 'core').plurals[this.#type === 'ordinal' ? 1 : 0];
    const shown = ['few', 'many', 'one', 'two', 'zero'].filter((name) => name in rules);
    return { locale: this.#resolved.locale, type: this.#type, ...exposeDigits(this.#digits)[0],
      pluralCategories: [...shown, 'other'] };
  }

  static supportedLocalesOf(locales) { return supportedLocalesOf(locales); }
}
