// `Intl.DateTimeFormat`, with the Gregorian calendar.
import { data, numberingSystem, numeralsOf, option, optionsOf, resolve, supportedLocalesOf, integerOption } from 'sandglass:intl/locales';
import { join, parse, patternFor, skeletonText, withPeriod } from 'sandglass:intl/patterns';
import { canonicalZone, offsetOf } from 'sandglass:intl/time_zones';
import { zoneName } from 'sandglass:intl/zone_names';

const TEXTS = ['narrow', 'short', 'long'];
const NUMBERS = ['2-digit', 'numeric'];
const STYLES = ['full', 'long', 'medium', 'short'];
const ZONES = ['short', 'long', 'shortOffset', 'longOffset', 'shortGeneric', 'longGeneric'];
const FIELDS = {
  weekday: TEXTS, era: TEXTS, year: NUMBERS, month: [...NUMBERS, ...TEXTS], day: NUMBERS,
  dayPeriod: TEXTS, hour: NUMBERS, minute: NUMBERS, second: NUMBERS, timeZoneName: ZONES,
};
const DATE = ['weekday', 'year', 'month', 'day'];
const TIME = ['dayPeriod', 'hour', 'minute', 'second', 'fractionalSecondDigits'];
const WIDTHS = { narrow: 5, short: 3, long: 4, numeric: 1, '2-digit': 2 };
const CYCLES = { h11: 'K', h12: 'h', h23: 'H', h24: 'k' };
const DAY_MS = 86_400_000;

// Which fields `toLocaleDateString` and the like fill in, and which are a request for them already.
const DEFAULTS = { date: [DATE.slice(1)], time: [TIME.slice(1, 4)], all: [DATE.slice(1), TIME.slice(1, 4)] };

// Set by the class below.
export let formatFor;

export class DateTimeFormat {
  #resolved;
  #settings;
  #tokens;
  #format;

  constructor(locales, options) {
    this.#set(locales, options, 'any', 'date');
  }

  #set(locales, options, required, defaults) {
    this.#resolved = resolve(locales);
    const known = optionsOf(options, 'DateTimeFormat');
    const settings = settingsOf(known, required, defaults);
    settings.system = numberingSystem(known, this.#resolved);
    settings.numerals = numeralsOf(settings.system);
    settings.zone = zoneOf(known.timeZone);
    settings.cycle = cycleOf(known, this.#resolved);
    this.#settings = settings;
    this.#tokens = tokensFor(this.#resolved.data, settings);
    const hour = this.#tokens.find((token) => 'hHKk'.includes(token.letter ?? ' '));
    settings.shownCycle = hour && Object.keys(CYCLES).find((cycle) => CYCLES[cycle] === hour.letter);
    this.#format = undefined;
    return this;
  }

  // For the methods of dates: `required` are the fields that count as asked for, `defaults` those shown otherwise.
  static {
    formatFor = (locales, options, required, defaults) => new DateTimeFormat().#set(locales, options, required, defaults);
  }

  get format() {
    this.#format ??= Object.defineProperty((date) => text(this.#parts(timeOf(date))), 'name', { value: '' });
    return this.#format;
  }

  formatToParts(date) {
    return this.#parts(timeOf(date));
  }

  formatRange(start, end) {
    const parts = this.formatRangeToParts(start, end);
    // Between two ends Node.js keeps the narrow space before `AM` that it makes a plain one elsewhere.
    return parts[0].source === 'shared' ? text(parts) : parts.map((part) => part.value).join('');
  }

  formatRangeToParts(start, end) {
    if (start === undefined || end === undefined) throw new TypeError('startDate or endDate cannot be undefined');
    const [from, to] = [this.#parts(timeOf(start)), this.#parts(timeOf(end))];
    const mark = (parts, source) => parts.map((part) => ({ ...part, source }));
    if (text(from) === text(to)) return mark(from, 'shared');
    const { range } = data(this.#resolved.data, 'core').calendar;
    return range.split(/(\{[01]\})/).filter(Boolean).flatMap((piece) => {
      if (piece === '{0}') return mark(from, 'startRange');
      if (piece === '{1}') return mark(to, 'endRange');
      return [{ type: 'literal', value: piece, source: 'shared' }];
    });
  }

  resolvedOptions() {
    const { system, zone, fields, dateStyle, timeStyle, shownCycle } = this.#settings;
    const shown = { locale: this.#resolved.locale, calendar: 'gregory', numberingSystem: system, timeZone: zone };
    if (shownCycle) Object.assign(shown, { hourCycle: shownCycle, hour12: shownCycle === 'h11' || shownCycle === 'h12' });
    if (dateStyle || timeStyle) {
      if (dateStyle) shown.dateStyle = dateStyle;
      if (timeStyle) shown.timeStyle = timeStyle;
      return shown;
    }
    for (const name of [...Object.keys(FIELDS).slice(0, -1), 'fractionalSecondDigits', 'timeZoneName']) {
      if (fields[name] !== undefined) shown[name] = this.#shownAs(name, fields[name]);
    }
    return shown;
  }

  // How wide the pattern shows a field, which may be other than was asked for.
  #shownAs(name, asked) {
    const letters = { year: 'y', month: 'ML', day: 'd', hour: 'hHKk', minute: 'm', second: 's', weekday: 'Ec' }[name];
    const token = letters && this.#tokens.find((one) => letters.includes(one.letter ?? ' '));
    if (token === undefined || !token) return asked;
    return ['numeric', '2-digit', 'short', 'long', 'narrow'][token.width - 1] ?? asked;
  }

  #parts(time) {
    const { zone, numerals, fields } = this.#settings;
    const seconds = Math.floor(time / 1000);
    const date = new Date(time + offsetOf(zone, seconds) * 1000);
    const localize = (value) => value.replace(/\d/g, (digit) => numerals[digit]);
    const { calendar } = data(this.#resolved.data, 'core');
    const parts = [];
    for (const token of this.#tokens) {
      let [type, value] = token.letter === undefined ? ['literal', token.text]
        : token.letter === 'z' || token.letter === 'v' || token.letter === 'O'
          ? ['timeZoneName', zoneName(this.#resolved.data, zone, seconds, fields.timeZoneName ?? zoneStyle(token), localize)]
          : show(token, date, calendar, localize);
      value = value.replaceAll('\u200e\u200e', '\u200e');
      if (type === 'literal' && parts.at(-1)?.type === 'literal') parts.at(-1).value += value;
      else parts.push({ type, value });
    }
    return parts;
  }

  static supportedLocalesOf(locales) { return supportedLocalesOf(locales); }

  static {
    Object.defineProperty(DateTimeFormat.prototype, Symbol.toStringTag,
      { value: 'Intl.DateTimeFormat', configurable: true });
  }
}

// As Node.js, which keeps to the space of old here, and not in parts.
function text(parts) {
  return parts.map((part) => part.value).join('').replaceAll('\u202f', ' ');
}

function zoneStyle({ letter, width }) {
  const length = width === 4 ? 'long' : 'short';
  return letter === 'z' ? length : letter === 'v' ? `${length}Generic` : `${length}Offset`;
}

function timeOf(date) {
  const time = date === undefined ? Date.now() : Number(date);
  if (!(Math.abs(time) <= DAY_MS * 1e8)) throw new RangeError('Invalid time value');
  return Math.trunc(time);
}

function zoneOf(asked) {
  if (asked === undefined) return 'UTC';
  const zone = canonicalZone(asked);
  if (zone === undefined) throw new RangeError(`Invalid time zone specified: ${asked}`);
  return zone;
}

function cycleOf(known, resolved) {
  const { hours } = data(resolved.data, 'core');
  const hour12 = known.hour12;
  const asked = option(known, 'hourCycle', Object.keys(CYCLES));
  if (hour12 !== undefined) {
    if (hour12) return resolved.data === 'ja' ? 'h11' : 'h12';
    return 'h23';
  }
  const fromTag = Object.hasOwn(CYCLES, resolved.keys.hc ?? '') ? resolved.keys.hc : undefined;
  return asked ?? fromTag ?? (hours === 'h' ? 'h12' : hours === 'K' ? 'h11' : 'h23');
}

function settingsOf(known, required, defaults) {
  const fields = {};
  for (const [name, values] of Object.entries(FIELDS)) {
    if (name === 'timeZoneName') {
      const digits = integerOption(known, 'fractionalSecondDigits', 1, 3, undefined);
      if (digits !== undefined) fields.fractionalSecondDigits = digits;
    }
    const value = option(known, name, values);
    if (value !== undefined) fields[name] = value;
  }
  option(known, 'formatMatcher', ['basic', 'best fit']);
  const dateStyle = option(known, 'dateStyle', STYLES);
  const timeStyle = option(known, 'timeStyle', STYLES);
  if (dateStyle !== undefined || timeStyle !== undefined) {
    const explicit = Object.keys(fields)[0];
    if (explicit !== undefined) {
      throw new TypeError(`Can't set option ${explicit} when ${dateStyle !== undefined ? 'dateStyle' : 'timeStyle'} is used`);
    }
    if (required === 'date' && timeStyle !== undefined) throw new TypeError('Invalid option : timeStyle');
    if (required === 'time' && dateStyle !== undefined) throw new TypeError('Invalid option : dateStyle');
    return { fields, dateStyle, timeStyle };
  }
  const asked = [...(required === 'time' ? [] : DATE), ...(required === 'date' ? [] : TIME)];
  if (!asked.some((name) => fields[name] !== undefined)) {
    for (const name of DEFAULTS[defaults].flat()) fields[name] = 'numeric';
  }
  return { fields };
}

// The fields as letters, as `patternFor` takes them.
function wantedOf(fields, cycle) {
  const wanted = {};
  const put = (kind, letter, width) => { wanted[kind] = { letter, width }; };
  const { era, year, month, weekday, day, dayPeriod, hour, minute, second, fractionalSecondDigits, timeZoneName } = fields;
  if (era) put('era', 'G', era === 'short' ? 1 : WIDTHS[era]);
  if (year) put('year', 'y', WIDTHS[year]);
  if (month) put('month', 'M', WIDTHS[month]);
  if (weekday) put('weekday', 'E', WIDTHS[weekday]);
  if (day) put('day', 'd', WIDTHS[day]);
  if (dayPeriod && (!hour || 'hK'.includes(CYCLES[cycle]))) put('period', 'B', dayPeriod === 'short' ? 1 : WIDTHS[dayPeriod]);
  if (hour) put('hour', CYCLES[cycle], WIDTHS[hour]);
  if (minute) put('minute', 'm', WIDTHS[minute]);
  if (second) put('second', 's', WIDTHS[second]);
  if (fractionalSecondDigits) put('fraction', 'S', fractionalSecondDigits);
  if (timeZoneName) {
    const letter = timeZoneName.endsWith('Offset') ? 'O' : timeZoneName.endsWith('Generic') ? 'v' : 'z';
    put('zone', letter, timeZoneName.startsWith('long') ? 4 : 1);
  }
  return withPeriod(wanted);
}

function tokensFor(locale, settings) {
  const { fields, dateStyle, timeStyle, cycle } = settings;
  const { calendar, numbers } = data(locale, 'core');
  const { decimal } = (numbers[settings.system] ?? numbers.latn).symbols;
  if (dateStyle === undefined && timeStyle === undefined) {
    return patternFor(locale, wantedOf(fields, cycle), decimal);
  }
  const date = dateStyle && parse(calendar.date[STYLES.indexOf(dateStyle)]);
  const time = timeStyle && timeTokens(locale, calendar.time[STYLES.indexOf(timeStyle)], cycle, decimal);
  if (date && time) return join(locale, STYLES.indexOf(dateStyle), date, time);
  return date ?? time;
}

// The pattern of a style, with the cycle of hours that is asked for.
function timeTokens(locale, pattern, cycle, decimal) {
  const tokens = parse(pattern);
  const letter = CYCLES[cycle];
  const has = tokens.find((token) => 'hHKk'.includes(token.letter ?? ' ')).letter;
  if (has === letter) return tokens;
  const wanted = {};
  const kinds = { h: 'hour', H: 'hour', K: 'hour', k: 'hour', m: 'minute', s: 'second', z: 'zone' };
  for (const token of parse(skeletonText(pattern)).filter((one) => one.letter !== 'B')) {
    const isHour = kinds[token.letter] === 'hour';
    wanted[kinds[token.letter]] = isHour ? { letter, width: token.width } : token;
  }
  return patternFor(locale, withPeriod(wanted), decimal);
}

function numeric(value, width) {
  return `${width === 2 ? value % 100 : value}`.padStart(width, '0');
}

// The part of the day, such as the morning, as a language has it.
function periodOf({ dayPeriods, periods }, date) {
  const minute = date.getUTCHours() * 60 + date.getUTCMinutes();
  const found = dayPeriods.find(([name, from, before]) => name in periods.abbreviated &&
    (from <= before ? minute >= from && minute < before : minute >= from || minute < before));
  return found?.[0] ?? (minute < 720 ? 'am' : 'pm');
}

// The type and the text of a field.
function show({ letter, width }, date, calendar, localize) {
  const year = date.getUTCFullYear();
  const hour = date.getUTCHours();
  const named = (table) => table[width === 4 ? 'wide' : width === 5 ? 'narrow' : 'abbreviated'];
  switch (letter) {
    case 'G': return ['era', calendar.eras[width === 4 ? 0 : width === 5 ? 2 : 1][year > 0 ? 1 : 0]];
    case 'y': return ['year', localize(numeric(year > 0 ? year : 1 - year, width))];
    case 'M': case 'L': {
      const month = date.getUTCMonth();
      if (width < 3) return ['month', localize(`${month + 1}`.padStart(width, '0'))];
      return ['month', named(calendar.months[letter === 'M' ? 'format' : 'alone'])[month]];
    }
    case 'E': case 'c': return ['weekday', named(calendar.days[letter === 'E' ? 'format' : 'alone'])[date.getUTCDay()]];
    case 'd': return ['day', localize(`${date.getUTCDate()}`.padStart(width, '0'))];
    case 'B': return ['dayPeriod', named(calendar.periods)[periodOf(calendar, date)]];
    case 'a': return ['dayPeriod', named(calendar.periods)[hour < 12 ? 'am' : 'pm']];
    case 'h': return ['hour', localize(`${hour % 12 || 12}`.padStart(width, '0'))];
    case 'K': return ['hour', localize(`${hour % 12}`.padStart(width, '0'))];
    case 'H': return ['hour', localize(`${hour}`.padStart(width, '0'))];
    case 'k': return ['hour', localize(`${hour || 24}`.padStart(width, '0'))];
    case 'm': return ['minute', localize(`${date.getUTCMinutes()}`.padStart(width, '0'))];
    case 's': return ['second', localize(`${date.getUTCSeconds()}`.padStart(width, '0'))];
    case 'S': return ['fractionalSecond',
      localize(`${date.getUTCMilliseconds()}`.padStart(3, '0').slice(0, width))];
    default: return ['literal', letter.repeat(width)];
  }
}
