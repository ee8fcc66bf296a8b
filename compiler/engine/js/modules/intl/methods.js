// The methods of the language that ask `Intl`: `toLocaleString` and the like.
import { resolve } from 'sandglass:intl/locales';
import { Collator } from 'sandglass:intl/collator';
import { formatFor } from 'sandglass:intl/date_time_format';
import { NumberFormat } from 'sandglass:intl/number_format';

// What was made last for a kind of call without options: most calls are like the one before.
const last = new Map();

function made(kind, locales, options, make) {
  if (options !== undefined || (locales !== undefined && typeof locales !== 'string')) return make();
  const known = last.get(kind);
  if (known?.locales === locales) return known.format;
  const format = make();
  last.set(kind, { locales, format });
  return format;
}

// Loads what English needs, so that invocations find it.
export function prepare() {
  number(0);
  date(0, undefined, undefined, 'any', 'all');
}

export function number(value, locales, options) {
  return made('number', locales, options, () => new NumberFormat(locales, options)).format(value);
}

export function date(value, locales, options, required, defaults) {
  if (Number.isNaN(value)) return 'Invalid Date';
  return made(`${required} ${defaults}`, locales, options, () => formatFor(locales, options, required, defaults))
    .format(value);
}

export function compare(one, other, locales, options) {
  return made('collator', locales, options, () => new Collator(locales, options)).compare(one, other);
}

// Where letters have other capitals than elsewhere.
export function changeCase(text, locales, isUpper) {
  const { locale } = resolve(locales);
  const language = locales === undefined ? 'en' : locale.split('-')[0];
  if (language === 'tr' || language === 'az') {
    return isUpper ? text.replaceAll('i', 'İ').toUpperCase() : text.replace(/İ/g, 'i').replace(/I\u0307/g, 'i').replace(/I/g, 'ı').toLowerCase();
  }
  if (language === 'el' && isUpper) return text.normalize('NFD').replace(/[\u0300\u0301\u0342\u0345\u0313\u0314]/g, '').normalize('NFC').toUpperCase();
  return isUpper ? text.toUpperCase() : text.toLowerCase();
}
