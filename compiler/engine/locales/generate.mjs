// Which part of the Unicode CLDR do lambdas get? Writes ../js/locales, one file a language.
//
//     npm ci && node generate.mjs
//
// A file of a region holds only what differs from its language's, as `merge` in ../js/modules/intl/locales.js
// reads it.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';

const LOCALES = ['ar', 'ar-EG', 'bg', 'ca', 'cs', 'da', 'de', 'de-AT', 'de-CH', 'el', 'en', 'en-AU', 'en-CA', 'en-GB',
  'en-IE', 'en-IN', 'en-NZ', 'en-ZA', 'es', 'es-419', 'es-AR', 'es-CL', 'es-CO', 'es-MX', 'es-US', 'et', 'fa', 'fi',
  'fr', 'fr-BE', 'fr-CA', 'fr-CH', 'he', 'hi', 'hr', 'hu', 'id', 'it', 'it-CH', 'ja', 'ko', 'lt', 'lv', 'ms', 'nb',
  'nl', 'nl-BE', 'pl', 'pt', 'pt-PT', 'ro', 'ru', 'sk', 'sl', 'sr', 'sv', 'th', 'tr', 'uk', 'vi', 'zh', 'zh-Hant',
  'zh-Hant-HK'];
const OUT = new URL('../js/locales/', import.meta.url);

const UNITS = ['acre', 'bit', 'byte', 'celsius', 'centimeter', 'day', 'degree', 'fahrenheit', 'fluid-ounce', 'foot',
  'gallon', 'gigabit', 'gigabyte', 'gram', 'hectare', 'hour', 'inch', 'kilobit', 'kilobyte', 'kilogram', 'kilometer',
  'liter', 'megabit', 'megabyte', 'meter', 'microsecond', 'mile', 'mile-scandinavian', 'milliliter', 'millimeter',
  'millisecond', 'minute', 'month', 'nanosecond', 'ounce', 'percent', 'petabyte', 'pound', 'second', 'stone',
  'terabit', 'terabyte', 'week', 'yard', 'year'];
const RELATIVE = ['second', 'minute', 'hour', 'day', 'week', 'month', 'quarter', 'year'];
// Currencies whose names are kept; the symbols of all are.
const NAMED = ['AED', 'ARS', 'AUD', 'BGN', 'BRL', 'CAD', 'CHF', 'CLP', 'CNY', 'COP', 'CZK', 'DKK', 'EGP', 'EUR', 'GBP',
  'HKD', 'HUF', 'IDR', 'ILS', 'INR', 'ISK', 'JPY', 'KRW', 'KWD', 'MAD', 'MXN', 'MYR', 'NGN', 'NOK', 'NZD', 'PEN', 'PHP',
  'PLN', 'QAR', 'RON', 'RSD', 'RUB', 'SAR', 'SEK', 'SGD', 'THB', 'TND', 'TRY', 'TWD', 'UAH', 'USD', 'VND', 'ZAR'];

const read = (path) => JSON.parse(readFileSync(new URL(`node_modules/${path}.json`, import.meta.url), 'utf8'));
const main = (kind, locale, file) => read(`cldr-${kind}-full/main/${locale}/${file}`).main[locale];
const supplemental = (file) => read(`cldr-core/supplemental/${file}`).supplemental;

// What ends in `-count-one` and so on, as `{one, other}` by what stands before.
function byCount(table, prefix) {
  const found = {};
  for (const [key, value] of Object.entries(table)) {
    const [, before, count, rest] = /^(.*?)-count-([a-z0-9]+)(.*)$/.exec(key) ?? [];
    if (before === prefix && rest === '') found[count] = value;
  }
  return found;
}

function compact(table) {
  const found = {};
  for (const [key, value] of Object.entries(table)) {
    const [, size, count, rest] = /^(\d+)-count-([a-z]+)(.*)$/.exec(key) ?? [];
    if (rest === '') (found[size] ??= {})[count] = value;
  }
  return found;
}

function numbers(locale) {
  const all = main('numbers', locale, 'numbers').numbers;
  const system = all.defaultNumberingSystem;
  const kinds = [...new Set([system, 'latn'])];
  const found = { system, minimumGrouping: Number(all.minimumGroupingDigits) };
  for (const kind of kinds) {
    const of = (name) => all[`${name}-numberSystem-${kind}`];
    const symbols = of('symbols');
    const currency = of('currencyFormats');
    found[kind] = {
      symbols: Object.fromEntries(['decimal', 'group', 'percentSign', 'plusSign', 'minusSign', 'exponential',
        'infinity', 'nan', 'approximatelySign', 'currencyDecimal', 'currencyGroup']
        .map((name) => [name, symbols[name]])),
      decimal: of('decimalFormats').standard,
      percent: of('percentFormats').standard,
      currency: currency.standard,
      accounting: currency.accounting,
      currencyAlpha: currency['standard-alphaNextToNumber'],
      accountingAlpha: currency['accounting-alphaNextToNumber'],
      short: compact(of('decimalFormats').short?.decimalFormat ?? {}),
      long: compact(of('decimalFormats').long?.decimalFormat ?? {}),
      currencyShort: compact(currency.short?.standard ?? {}),
      unitPattern: Object.fromEntries(Object.entries(currency)
        .filter(([key]) => key.startsWith('unitPattern-count-')).map(([key, value]) => [key.slice(18), value])),
      range: of('miscPatterns').range,
      approximately: of('miscPatterns').approximately,
    };
  }
  return found;
}

function currencies(locale) {
  const symbols = {};
  const names = {};
  for (const [code, about] of Object.entries(main('numbers', locale, 'currencies').numbers.currencies)) {
    const symbol = about.symbol ?? code;
    const narrow = about['symbol-alt-narrow'] ?? symbol;
    if (symbol !== code || narrow !== code) symbols[code] = symbol === narrow ? [symbol] : [symbol, narrow];
    if (NAMED.includes(code)) names[code] = { ...byCount(about, 'displayName'), name: about.displayName };
  }
  return { symbols, names };
}

function units(locale) {
  const all = main('units', locale, 'units').units;
  const found = {};
  for (const width of ['long', 'short', 'narrow']) {
    const table = { per: all[width].per.compoundUnitPattern };
    for (const unit of UNITS) {
      const key = Object.keys(all[width]).find((name) => /^[a-z]+-(.*)$/.exec(name)?.[1] === unit);
      const about = all[width][key];
      table[unit] = byCount(about, 'unitPattern');
      if (about.perUnitPattern) table[unit].per = about.perUnitPattern;
    }
    const speed = byCount(all[width]['speed-kilometer-per-hour'], 'unitPattern');
    table['kilometer-per-hour'] = speed;
    table['mile-per-hour'] = byCount(all[width]['speed-mile-per-hour'], 'unitPattern');
    table['meter-per-second'] = byCount(all[width]['speed-meter-per-second'], 'unitPattern');
    table['liter-per-kilometer'] = byCount(all[width]['consumption-liter-per-kilometer'], 'unitPattern');
    table['mile-per-gallon'] = byCount(all[width]['consumption-mile-per-gallon'], 'unitPattern');
    found[width] = table;
  }
  return found;
}

function lists(locale) {
  const all = main('misc', locale, 'listPatterns').listPatterns;
  const found = {};
  for (const [type, name] of [['conjunction', 'standard'], ['disjunction', 'or'], ['unit', 'unit']]) {
    for (const style of ['', '-short', '-narrow']) {
      const { start, middle, end, 2: pair } = all[`listPattern-type-${name}${style}`];
      found[`${type}${style || '-long'}`] = [start, middle, end, pair];
    }
  }
  return found;
}

function relative(locale) {
  const all = main('dates', locale, 'dateFields').dates.fields;
  const found = {};
  for (const unit of RELATIVE) {
    for (const style of ['', '-short', '-narrow']) {
      const about = all[unit + style];
      const entry = { future: byCount(about['relativeTime-type-future'], 'relativeTimePattern'),
        past: byCount(about['relativeTime-type-past'], 'relativeTimePattern') };
      for (const [key, value] of Object.entries(about)) {
        if (key.startsWith('relative-type-')) entry[key.slice(14)] = value;
      }
      found[`${unit}${style || '-long'}`] = entry;
    }
  }
  return found;
}

const plain = (pattern) => (typeof pattern === 'string' ? pattern : pattern._value);

const dayPeriodRules = supplemental('dayPeriods').dayPeriodRuleSet;

// `[name, from, before]`, in minutes, except noon and midnight, which are a moment.
function dayPeriods(language) {
  const minutes = (time) => Number(time.split(':')[0]) * 60 + Number(time.split(':')[1]);
  return Object.entries(dayPeriodRules[language] ?? {}).filter(([, about]) => about._from !== undefined)
    .map(([name, { _from, _before }]) => [name, minutes(_from), minutes(_before)]);
}

function calendar(locale) {
  const all = main('dates', locale, 'ca-gregorian').dates.calendars.gregorian;
  const four = (table) => ['full', 'long', 'medium', 'short'].map((style) => plain(table[style]));
  const widths = (table, keys) => Object.fromEntries(['abbreviated', 'wide', 'narrow']
    .map((width) => [width, keys.map((key) => table[width][key])]));
  const both = (table, keys) => ({ format: widths(table.format, keys), alone: widths(table['stand-alone'], keys) });
  const days = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
  const periods = Object.fromEntries(['abbreviated', 'wide', 'narrow']
    .map((width) => [width, Object.fromEntries(Object.entries(all.dayPeriods.format[width])
      .filter(([key]) => !key.includes('-alt-')))]));
  const formats = all.dateTimeFormats;
  const available = {};
  for (const [skeleton, pattern] of Object.entries(formats.availableFormats)) {
    if (!/-|[wWQ]/.test(skeleton)) available[skeleton] = pattern;
  }
  return {
    months: both(all.months, Array.from({ length: 12 }, (_, index) => `${index + 1}`)),
    days: both(all.days, days),
    periods,
    eras: [all.eras.eraNames, all.eras.eraAbbr, all.eras.eraNarrow].map((table) => [table['0'], table['1']]),
    date: four(all.dateFormats),
    time: four(all.timeFormats),
    // ICU keeps a date and a time apart in traditional Chinese too.
    glue: four(all['dateTimeFormats-atTime'].standard).map((glue) => (glue === '{1}{0}' ? '{1} {0}' : glue)),
    dayPeriods: dayPeriods(locale.split('-')[0]),
    available,
    range: formats.intervalFormats.intervalFormatFallback,
    append: { zone: formats.appendItems.Timezone, era: formats.appendItems.Era, day: formats.appendItems['Day-Of-Week'] },
  };
}

// Long and short names of time zones: `[generic, standard, daylight]`.
function zones(locale) {
  const all = main('dates', locale, 'timeZoneNames').dates.timeZoneNames;
  const names = (about) => {
    const found = {};
    for (const width of ['long', 'short']) {
      const table = about[width];
      if (table) found[width[0]] = ['generic', 'standard', 'daylight'].map((kind) => table[kind] ?? 0);
    }
    return found;
  };
  const byZone = {};
  const walk = (table, path) => {
    for (const [name, about] of Object.entries(table)) {
      if (about._type !== 'zone') walk(about, [...path, name]);
      else if (about.long || about.short) byZone[[...path, name].join('/')] = names(about);
    }
  };
  walk(all.zone, []);
  return {
    gmt: all.gmtFormat,
    zero: all.gmtZeroFormat,
    hours: all.hourFormat,
    region: all.regionFormat,
    meta: Object.fromEntries(Object.entries(all.metazone).map(([name, about]) => [name, names(about)])),
    zone: byZone,
  };
}

function names(locale) {
  const take = (file, key) => {
    const all = main('localenames', locale, file).localeDisplayNames;
    return Object.fromEntries(Object.entries(all[key]).filter(([name]) => !name.includes('-alt-')));
  };
  const patterns = main('localenames', locale, 'localeDisplayNames').localeDisplayNames.localeDisplayPattern;
  const territories = Object.fromEntries(Object.entries(take('territories', 'territories'))
    .filter(([code]) => code.length === 2 || code === '419'));
  return { language: take('languages', 'languages'), region: territories, script: take('scripts', 'scripts'),
    pattern: patterns.localePattern, separator: patterns.localeSeparator.replace('{0}', '').replace('{1}', '') };
}

const plurals = [supplemental('plurals')['plurals-type-cardinal'], supplemental('ordinals')['plurals-type-ordinal']];

function rules(language) {
  return plurals.map((table) => Object.fromEntries(Object.entries(table[language] ?? {})
    .map(([key, rule]) => [key.slice(17), rule.replace(/@.*$/s, '').trim()])));
}

const { timeData } = supplemental('timeData');
const { likelySubtags } = supplemental('likelySubtags');

function hours(locale) {
  const region = likelySubtags[locale]?.split('-')[2];
  const ofLocale = /-([A-Z]{2}|\d{3})$/.exec(locale)?.[1] ?? region ?? likelySubtags[locale.split('-')[0]].split('-')[2];
  const about = timeData[`${locale.split('-')[0]}_${ofLocale}`] ?? timeData[`${locale.split('-')[0]}-${ofLocale}`] ??
    timeData[ofLocale] ?? timeData['001'];
  return about._preferred;
}

// What `child` has otherwise than `parent`, deep.
function difference(parent, child) {
  if (typeof child !== 'object' || child === null || Array.isArray(child) || typeof parent !== 'object') {
    return JSON.stringify(parent) === JSON.stringify(child) ? undefined : child;
  }
  const found = {};
  for (const key of new Set([...Object.keys(parent), ...Object.keys(child)])) {
    if (!(key in child)) found[key] = null;
    else {
      const inner = key in parent ? difference(parent[key], child[key]) : child[key];
      if (inner !== undefined) found[key] = inner;
    }
  }
  return Object.keys(found).length > 0 ? found : undefined;
}

function write(name, data) {
  writeFileSync(new URL(`${name}.json`, OUT), `${JSON.stringify(data)}\n`);
}

rmSync(OUT, { recursive: true, force: true });
mkdirSync(OUT, { recursive: true });
for (const locale of LOCALES) {
  const language = locale.split('-')[0];
  const parent = locale === 'zh-Hant-HK' ? 'zh-Hant' : language;
  const core = (of) => ({ hours: hours(of), numbers: numbers(of), currencies: currencies(of), calendar: calendar(of),
    lists: lists(of) });
  const parts = { core, units, relative, zones, names };
  const file = {};
  for (const [part, make] of Object.entries(parts)) {
    const whole = make(locale);
    if (part === 'core' && (locale === language || locale in plurals[0])) whole.plurals = rules(locale);
    const data = locale === language ? whole : difference(make(parent), whole);
    if (data !== undefined) file[part] = data;
  }
  write(locale, file);
}

const seconds = (text) => (text === undefined ? null : Date.parse(`${text.replace(' ', 'T')}:00Z`) / 1000);
const metazones = {};
const walk = (table, path) => {
  for (const [name, about] of Object.entries(table)) {
    if (!Array.isArray(about)) {
      walk(about, [...path, name]);
      continue;
    }
    const used = about.map(({ usesMetazone: { _mzone, _from, _to } }) => [_mzone, seconds(_from), seconds(_to)]);
    metazones[[...path, name].join('/')] = used.length === 1 ? used[0][0] : used;
  }
};
walk(supplemental('metaZones').metaZones.metazoneInfo.timezone, []);
const digits = Object.fromEntries(Object.entries(supplemental('currencyData').currencyData.fractions)
  .map(([code, { _digits }]) => [code, Number(_digits)]).filter(([, count]) => count !== 2));
const systems = supplemental('numberingSystems').numberingSystems;
const numerals = Object.fromEntries(Object.entries(systems)
  .filter(([, about]) => about._type === 'numeric').map(([name, about]) => [name, about._digits]));
const languages = new Set(LOCALES.map((locale) => locale.split('-')[0]));
const likely = Object.fromEntries(Object.entries(likelySubtags)
  .filter(([tag]) => languages.has(tag.split('-')[0]) || /^und-[A-Z]{2}$/.test(tag)));
write('root', { core: { locales: LOCALES, digits, numerals }, zones: metazones, likely });
