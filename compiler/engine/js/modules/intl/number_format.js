// `Intl.NumberFormat`.
import {
  data, numberingSystem, numeralsOf, option, optionsOf, resolve, root, supportedLocalesOf,
} from 'sandglass:intl/locales';
import { decimalOf, digitSettings, exposeDigits, round, shift, strip } from 'sandglass:intl/decimal';
import { pluralOf } from 'sandglass:intl/plural_rules';

export const UNITS = ['acre', 'bit', 'byte', 'celsius', 'centimeter', 'day', 'degree', 'fahrenheit',
  'fluid-ounce', 'foot', 'gallon', 'gigabit', 'gigabyte', 'gram', 'hectare', 'hour', 'inch', 'kilobit',
  'kilobyte', 'kilogram', 'kilometer', 'liter', 'megabit', 'megabyte', 'meter', 'microsecond', 'mile',
  'mile-scandinavian', 'milliliter', 'millimeter', 'millisecond', 'minute', 'month', 'nanosecond', 'ounce',
  'percent', 'petabyte', 'pound', 'second', 'stone', 'terabit', 'terabyte', 'week', 'yard', 'year'];

function isUnit(unit) {
  return unit.split('-per-').length <= 2 && unit.split('-per-').every((part) => UNITS.includes(part));
}

// A pattern of UTS 35, such as `#,##0.00 ¤`.
function parsePattern(pattern) {
  const [positive, negative] = pattern.split(';');
  const read = (text) => {
    const [, prefix, body, suffix] = /^((?:'[^']*'|[^#0@,.'])*)([#0@,.]+(?:E0+)?)(.*)$/.exec(text);
    return { prefix, body, suffix };
  };
  const { prefix, body, suffix } = read(positive);
  const groups = body.split('.')[0].split(',').slice(1).map((group) => group.length);
  return {
    prefix,
    suffix,
    negative: negative === undefined ? undefined : read(negative),
    primary: groups.at(-1) ?? 0,
    secondary: groups.length > 1 ? groups.at(-2) : groups.at(-1) ?? 0,
  };
}

const patterns = new Map();

function patternOf(text) {
  if (!patterns.has(text)) patterns.set(text, parsePattern(text));
  return patterns.get(text);
}

function split(digits, primary, secondary) {
  if (primary === 0 || digits.length <= primary) return [digits];
  const groups = [digits.slice(-primary)];
  let rest = digits.slice(0, -primary);
  while (rest.length > secondary) {
    groups.unshift(rest.slice(-secondary));
    rest = rest.slice(0, -secondary);
  }
  return rest === '' ? groups : [rest, ...groups];
}

// What a value is: a number, or a bigint; a text is read as the number that it writes.
function numeric(value) {
  const primitive = typeof value === 'object' && value !== null ? value[Symbol.toPrimitive]?.('number') ?? value.valueOf()
    : value;
  if (typeof primitive === 'bigint') return primitive;
  if (typeof primitive === 'string' && /^\s*[+-]?\d{16,}\s*$/.test(primitive)) return BigInt(primitive);
  return Number(primitive);
}

export class NumberFormat {
  #resolved;
  #settings;
  #digits;
  #format;

  constructor(locales, options) {
    this.#resolved = resolve(locales);
    const known = optionsOf(options, 'NumberFormat');
    const system = numberingSystem(known, this.#resolved);
    this.#settings = { ...settingsOf(known), system, numerals: numeralsOf(system) };
    const { style, currency, notation } = this.#settings;
    const places = style === 'currency' && notation === 'standard' ? root('core').digits[currency] ?? 2 : 0;
    const most = style === 'currency' ? places : style === 'percent' ? 0 : 3;
    this.#digits = digitSettings(known, places, Math.max(places, most), notation === 'compact');
    this.#settings.useGrouping = groupingOf(known, notation);
    this.#settings.signDisplay =
      option(known, 'signDisplay', ['auto', 'never', 'always', 'exceptZero', 'negative'], 'auto');
  }

  // A function of its own, so that it can be handed on.
  get format() {
    this.#format ??= Object.defineProperty((value) => join(this.#parts(numeric(value))), 'name', { value: '' });
    return this.#format;
  }

  formatToParts(value) {
    return this.#parts(numeric(value));
  }

  formatRange(start, end) {
    return join(this.formatRangeToParts(start, end));
  }

  formatRangeToParts(start, end) {
    if (start === undefined || end === undefined) throw new TypeError('start or end is undefined');
    const [from, to] = [numeric(start), numeric(end)];
    if (Number.isNaN(from) || Number.isNaN(to)) throw new RangeError('Invalid number');
    const { range, approximately } = this.#numbers;
    const [left, right] = [this.#parts(from), this.#parts(to)];
    const mark = (parts, source) => parts.map((part) => ({ ...part, source }));
    if (join(left) === join(right)) {
      const sign = { type: 'approximatelySign', value: approximately.replace('{0}', '') };
      return mark([sign, ...left], 'shared');
    }
    const spaced = this.#settings.style === 'decimal' ? range : range.replace('–', ' – ');
    const [, before, after] = /^\{0\}(.*)\{1\}(.*)$/.exec(spaced);
    return [...mark(left, 'startRange'), { type: 'literal', value: before, source: 'shared' },
      ...mark(right, 'endRange'), ...(after ? [{ type: 'literal', value: after, source: 'shared' }] : [])];
  }

  resolvedOptions() {
    const { system, style, currency, currencyDisplay, currencySign, unit, unitDisplay, notation, compactDisplay,
      useGrouping, signDisplay } = this.#settings;
    const shown = { locale: this.#resolved.locale, numberingSystem: system, style };
    if (style === 'currency') Object.assign(shown, { currency, currencyDisplay, currencySign });
    if (style === 'unit') Object.assign(shown, { unit, unitDisplay });
    const [places, rounding] = exposeDigits(this.#digits);
    return { ...shown, ...places, useGrouping, notation, ...(notation === 'compact' ? { compactDisplay } : {}),
      signDisplay, ...rounding };
  }

  get #numbers() {
    const { numbers } = data(this.#resolved.data, 'core');
    return { ...(numbers[this.#settings.system] ?? numbers.latn), minimumGrouping: numbers.minimumGrouping };
  }

  #parts(value) {
    const { style, notation } = this.#settings;
    const isNegative = value < 0 || Object.is(value, -0);
    const { symbols } = this.#numbers;
    if (Number.isNaN(value)) return this.#affixed([{ type: 'nan', value: symbols.nan }], { isZero: true }, false);
    if (value === Infinity || value === -Infinity) {
      return this.#affixed([{ type: 'infinity', value: symbols.infinity }], { plural: 'other' }, isNegative);
    }
    let decimal = decimalOf(value);
    if (style === 'percent') decimal = shift(decimal, 2);
    if (notation === 'compact') return this.#compact(decimal, isNegative);
    if (notation !== 'standard') return this.#scientific(decimal, isNegative);
    const { shown, kept } = round(decimal, this.#digits, isNegative);
    const text = strip(shown, this.#digits);
    return this.#affixed(this.#number(text), { text, isZero: kept.digits === '' }, isNegative);
  }

  #compact(decimal, isNegative) {
    const { compactDisplay, style } = this.#settings;
    const numbers = this.#numbers;
    const table = style === 'currency' && this.#settings.currencyDisplay !== 'name'
      ? numbers.currencyShort : numbers[compactDisplay];
    // Rounding may make it so large that the next form is due.
    let form = {};
    let result = round(decimal, this.#digits, isNegative);
    for (let at = 0; at < 2; at += 1) {
      const point = (at === 0 ? decimal : shift(result.kept, form.exponent)).point;
      form = formOf(table, point);
      result = round(shift(decimal, -form.exponent), this.#digits, isNegative);
      if (shift(result.kept, form.exponent).point === point) break;
    }
    const text = strip(result.shown, this.#digits);
    const plural = pluralOf(this.#resolved.data, text, form.exponent);
    const pattern = form.patterns && (form.patterns[text] ?? form.patterns[plural] ?? form.patterns.other);
    const about = { text, isZero: result.kept.digits === '', compact: pattern, exponent: form.exponent };
    return this.#affixed(this.#number(text), about, isNegative);
  }

  #scientific(decimal, isNegative) {
    const isEngineering = this.#settings.notation === 'engineering';
    const exponentOf = ({ digits, point }) => {
      if (digits === '') return 0;
      return isEngineering ? Math.floor((point - 1) / 3) * 3 : point - 1;
    };
    let exponent = exponentOf(decimal);
    let result = round(shift(decimal, -exponent), this.#digits, isNegative);
    const after = exponentOf(shift(result.kept, exponent));
    if (after !== exponent && result.kept.digits !== '') {
      exponent = after;
      result = round(shift(decimal, -exponent), this.#digits, isNegative);
    }
    const { symbols } = this.#numbers;
    const text = strip(result.shown, this.#digits);
    const parts = this.#number(text);
    parts.push({ type: 'exponentSeparator', value: symbols.exponential });
    if (exponent < 0) {
      const [, mark, sign] = /^([\u200e\u200f\u061c]*)(.*)$/.exec(symbols.minusSign);
      if (mark) parts.push({ type: 'literal', value: mark });
      parts.push({ type: 'exponentMinusSign', value: sign });
    }
    parts.push({ type: 'exponentInteger', value: this.#localized(`${Math.abs(exponent)}`) });
    return this.#affixed(parts, { text, isZero: result.kept.digits === '' }, isNegative);
  }

  #localized(digits) {
    return digits.replace(/\d/g, (digit) => this.#settings.numerals[digit]);
  }

  #number(text) {
    const { useGrouping, style } = this.#settings;
    const numbers = this.#numbers;
    const { symbols } = numbers;
    const [whole, fraction] = text.split('.');
    const digits = whole.padStart(this.#digits.minimumInteger, '0');
    const { primary, secondary } = patternOf(style === 'currency' ? numbers.currency : numbers.decimal);
    const least = useGrouping === 'min2' ? Math.max(2, numbers.minimumGrouping)
      : useGrouping === 'always' ? 1 : numbers.minimumGrouping;
    const isGrouped = useGrouping !== false && digits.length >= primary + least;
    const isMoney = style === 'currency';
    const parts = [];
    for (const group of isGrouped ? split(digits, primary, secondary) : [digits]) {
      if (parts.length > 0) {
        parts.push({ type: 'group', value: (isMoney && symbols.currencyGroup) || symbols.group });
      }
      parts.push({ type: 'integer', value: this.#localized(group) });
    }
    if (fraction !== undefined) {
      parts.push({ type: 'decimal', value: (isMoney && symbols.currencyDecimal) || symbols.decimal });
      parts.push({ type: 'fraction', value: this.#localized(fraction) });
    }
    return parts;
  }

  // `+`, `-` or nothing.
  #sign(isNegative, isZero) {
    switch (this.#settings.signDisplay) {
      case 'never': return '';
      case 'always': return isNegative ? '-' : '+';
      case 'exceptZero': return isZero ? '' : isNegative ? '-' : '+';
      case 'negative': return isNegative && !isZero ? '-' : '';
      default: return isNegative ? '-' : '';
    }
  }

  #affixed(number, about, isNegative) {
    const { style, currencyDisplay } = this.#settings;
    const sign = this.#sign(isNegative, about.isZero);
    if (style === 'unit') return this.#withUnit(this.#signed(number, sign, this.#numbers.decimal, about), about);
    if (style === 'currency' && currencyDisplay === 'name') {
      return this.#withName(this.#signed(number, sign, this.#numbers.decimal, about), about);
    }
    const { decimal, percent, currency, accounting } = this.#numbers;
    const isAccounting = this.#settings.currencySign === 'accounting';
    const pattern = style === 'percent' ? percent
      : style === 'currency' ? isAccounting ? accounting : currency : decimal;
    return this.#signed(number, sign, pattern, about);
  }

  // The number between what stands before and behind it.
  #signed(number, sign, pattern, { compact }) {
    const parsed = patternOf(pattern);
    let { prefix, suffix } = parsed;
    if (compact !== undefined) {
      [, prefix, suffix] = /^([^0]*)0+(.*)$/.exec(compact);
      // `¤0K` says where the currency stands.
      if (compact.includes('¤') && sign === '-' && parsed.negative?.prefix.includes('(')) {
        return this.#spaced([...this.#affix(`(${prefix}`, true), ...number, ...this.#affix(`${suffix})`, true)]);
      }
    } else if (sign === '-' && parsed.negative !== undefined) {
      ({ prefix, suffix } = parsed.negative);
      return this.#spaced([...this.#affix(prefix), ...number, ...this.#affix(suffix)]);
    }
    const isCompact = compact !== undefined;
    return this.#spaced([...(sign === '' ? [] : this.#affix(sign)), ...this.#affix(prefix, isCompact), ...number,
      ...this.#affix(suffix, isCompact)]);
  }

  #affix(text, isCompact = false) {
    const { symbols } = this.#numbers;
    const parts = [];
    const add = (type, value) => {
      if (type === 'literal' && parts.at(-1)?.type === 'literal') parts.at(-1).value += value;
      else parts.push({ type, value });
    };
    // What turns the direction of writing is no part of a sign.
    const marked = (type, value) => {
      const [, before, sign, after] = /^([\u200e\u200f\u061c]*)(.*?)([\u200e\u200f\u061c]*)$/.exec(value);
      if (before) add('literal', before);
      add(type, sign);
      if (after) add('literal', after);
    };
    const plain = (words) => {
      if (!isCompact) return add('literal', words);
      const [, space, word, after] = /^([\s\u200e\u200f\u061c]*)(.*?)([\s\u200e\u200f\u061c]*)$/s.exec(words);
      if (space) add('literal', space);
      if (word) add(/^[()]$/.test(word) ? 'literal' : 'compact', word);
      if (after) add('literal', after);
      return undefined;
    };
    for (const [token] of (isCompact ? text.replaceAll("'", '') : text).matchAll(/'[^']*'|[-+%¤]|[^-+%¤']+/g)) {
      switch (token) {
        case '-': marked('minusSign', symbols.minusSign); break;
        case '+': marked('plusSign', symbols.plusSign); break;
        case '%': marked('percentSign', symbols.percentSign); break;
        case '¤': add('currency', this.#currencySymbol()); break;
        default: plain(token.startsWith("'") ? token.slice(1, -1) || "'" : token);
      }
    }
    return parts;
  }

  #currencySymbol() {
    const { currency, currencyDisplay } = this.#settings;
    if (currencyDisplay === 'code') return currency;
    const [symbol, narrow] = data(this.#resolved.data, 'core').currencies.symbols[currency] ?? [currency];
    return currencyDisplay === 'narrowSymbol' ? narrow ?? symbol : symbol;
  }

  // A currency that is letters keeps its distance from digits.
  #spaced(parts) {
    const at = parts.findIndex((part) => part.type === 'currency');
    if (at === -1) return parts;
    const isDigits = (part) => part?.type === 'integer';
    const isWord = (character) => !/[\p{S}\p{Z}]/u.test(character);
    const [before, symbol, after] = [parts[at - 1], parts[at].value, parts[at + 1]];
    const space = { type: 'literal', value: '\u00a0' };
    if (isDigits(after) && isWord([...symbol].at(-1))) parts.splice(at + 1, 0, space);
    if ((isDigits(before) || before?.type === 'fraction') && isWord([...symbol][0])) parts.splice(at, 0, space);
    return parts;
  }

  #withName(number, { text = '', exponent }) {
    const { currency } = this.#settings;
    const { currencies } = data(this.#resolved.data, 'core');
    const plural = text === '' ? 'other' : pluralOf(this.#resolved.data, text, exponent);
    const names = currencies.names[currency];
    const name = names?.[plural] ?? names?.other ?? names?.name ?? currency;
    const pattern = this.#numbers.unitPattern[plural] ?? this.#numbers.unitPattern.other;
    return fill(pattern.replace('{1}', '\u0001'), number)
      .flatMap((part) => (part.type === 'unit' ? named(part.value, name) : [part]));
  }

  #withUnit(number, { text = '', exponent }) {
    const { unit, unitDisplay } = this.#settings;
    const plural = text === '' ? 'other' : pluralOf(this.#resolved.data, text, exponent);
    const table = data(this.#resolved.data, 'units')[unitDisplay];
    const pick = (forms) => forms[text] ?? forms[plural] ?? forms.other;
    if (table[unit] !== undefined) return fill(pick(table[unit]), number);
    const [top, bottom] = unit.split('-per-');
    const { per } = table[bottom];
    if (per !== undefined) return fill(per.replace('{0}', pick(table[top])), number);
    const name = (table[bottom].one ?? table[bottom].other).replace('{0}', '').trim();
    return fill(table.per.replace('{0}', pick(table[top])).replace('{1}', name), number);
  }

  static supportedLocalesOf(locales) { return supportedLocalesOf(locales); }

  static {
    Object.defineProperty(NumberFormat.prototype, Symbol.toStringTag, { value: 'Intl.NumberFormat', configurable: true });
  }
}

function settingsOf(known) {
  const style = option(known, 'style', ['decimal', 'percent', 'currency', 'unit'], 'decimal');
  const currency = option(known, 'currency');
  if (currency === undefined) {
    if (style === 'currency') throw new TypeError('Currency code is required with currency style.');
  } else if (!/^[a-z]{3}$/i.test(currency)) throw new RangeError(`Invalid currency code : ${currency}`);
  const currencyDisplay = option(known, 'currencyDisplay', ['code', 'symbol', 'narrowSymbol', 'name'], 'symbol');
  const currencySign = option(known, 'currencySign', ['standard', 'accounting'], 'standard');
  const unit = option(known, 'unit');
  if (unit === undefined) {
    if (style === 'unit') throw new TypeError('Required unit is missing for style unit.');
  } else if (!isUnit(unit)) {
    throw new RangeError(`Invalid unit argument for Intl.NumberFormat() '${unit}'`);
  }
  const unitDisplay = option(known, 'unitDisplay', ['short', 'narrow', 'long'], 'short');
  const notation = option(known, 'notation', ['standard', 'scientific', 'engineering', 'compact'], 'standard');
  const compactDisplay = option(known, 'compactDisplay', ['short', 'long'], 'short');
  return { style, currency: currency?.toUpperCase(), currencyDisplay, currencySign, unit, unitDisplay, notation,
    compactDisplay };
}

function groupingOf(known, notation) {
  const usual = notation === 'compact' ? 'min2' : 'auto';
  const value = known.useGrouping;
  if (value === undefined) return usual;
  if (value === true) return 'always';
  if (value === false || value === null || value === 0 || value === '') return false;
  if (`${value}` === 'true' || `${value}` === 'false') return usual;
  return option(known, 'useGrouping', ['min2', 'auto', 'always'], usual);
}

// The form of a compact number with that many digits before the point.
function formOf(table, point) {
  const size = Math.min(point - 1, Math.max(...Object.keys(table).map((key) => key.length - 1)));
  const patterns = size >= 3 ? table[`1${'0'.repeat(size)}`] : undefined;
  const zeros = /0+/.exec(patterns?.other ?? '0')[0].length;
  if (patterns === undefined || patterns.other === '0') return { exponent: 0 };
  return { exponent: size - zeros + 1, patterns };
}

function join(parts) {
  return parts.map((part) => part.value).join('');
}

// The number in a pattern such as `{0} km`.
function fill(pattern, number) {
  const parts = [];
  for (const [token] of pattern.matchAll(/\{0\}|[^{]+/g)) {
    if (token === '{0}') {
      parts.push(...number);
      continue;
    }
    const [, space, word, after] = /^([\s\u200e\u200f\u061c]*)(.*?)([\s\u200e\u200f\u061c]*)$/s.exec(token);
    if (space) parts.push({ type: 'literal', value: space });
    if (word) parts.push({ type: 'unit', value: word });
    if (after) parts.push({ type: 'literal', value: after });
  }
  return parts;
}

// The name of a currency where its pattern has a mark for it.
function named(text, name) {
  return text.split(/(\u0001)/).filter(Boolean)
    .map((token) => (token === '\u0001' ? { type: 'currency', value: name } : { type: 'literal', value: token }));
}

