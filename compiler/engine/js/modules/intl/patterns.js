// Which pattern shows the fields of a date that are asked for? As UTS 35, "Date Field Symbols" and
// "Missing Skeleton Fields", and ICU's `DateTimePatternGenerator` have it.
import { data } from 'sandglass:intl/locales';

// A field of a pattern: its letter, and how often it stands there; or the text between fields.
export function parse(pattern) {
  const tokens = [];
  for (const [token, quoted] of pattern.matchAll(/'((?:[^']|'')*)'|([a-zA-Z])\2*|[^a-zA-Z']+/g)) {
    if (quoted !== undefined) tokens.push({ text: quoted === '' ? "'" : quoted.replaceAll("''", "'") });
    else if (/[a-zA-Z]/.test(token)) tokens.push({ letter: token[0], width: token.length });
    else tokens.push({ text: token });
  }
  return tokens;
}

const KINDS = { G: 'era', y: 'year', M: 'month', L: 'month', E: 'weekday', c: 'weekday', d: 'day', a: 'period',
  B: 'period', h: 'hour', H: 'hour', K: 'hour', k: 'hour', m: 'minute', s: 'second', S: 'fraction', z: 'zone',
  v: 'zone', O: 'zone' };
const DATE = ['era', 'year', 'month', 'weekday', 'day'];

// How alike two fields are: numbers are far from texts, and long texts are near short ones.
function weight({ letter, width }) {
  switch (KINDS[letter]) {
    case 'month': return width < 3 ? 0x100 + width : -0x100 - [0, 0, 0, 3, 4, 1][width];
    case 'weekday': return -0x100 - ({ 4: 4, 5: 1 }[width] ?? 3);
    case 'era': return -0x100 - ({ 4: 4, 5: 1 }[width] ?? 3);
    case 'zone': return -0x100 - (width === 4 ? 4 : 3) + (letter === 'v' ? 0x20 : letter === 'O' ? 0x10 : 0);
    case 'period': return -0x100 - (width === 4 ? 4 : width === 5 ? 1 : 3) + (letter === 'B' ? 0x30 : 0);
    case 'hour': return 0x100 + width + (letter === 'h' || letter === 'K' ? 0xa0 : 0);
    default: return 0x100 + width;
  }
}

// A skeleton such as `yMMMd` as fields by their kind.
function skeletonOf(text) {
  const fields = {};
  for (const token of parse(text)) fields[KINDS[token.letter]] = token;
  return withPeriod(fields);
}

// Hours up to twelve come with half a day.
export function withPeriod(fields) {
  if ('hK'.includes(fields.hour?.letter ?? ' ')) fields.period ??= { letter: 'a', width: 1 };
  return fields;
}

const cache = new Map();

// The fields by their kinds of text, without how wide numbers are.
function baseOf(skeleton) {
  const fields = skeletonOf(skeleton);
  return Object.keys(fields).sort()
    .map((kind) => fields[kind].letter.repeat(weight(fields[kind]) > 0 ? 1 : fields[kind].width)).join();
}

function keyOf(fields) {
  return Object.keys(fields).sort().map((kind) => fields[kind].letter + fields[kind].width).join();
}

// What can be chosen from: single fields, the four styles unless one before has the same fields, and what the
// language lists. Only the last are taken at their word about widths.
function candidates(locale) {
  if (!cache.has(locale)) {
    const { available, date, time } = data(locale, 'core').calendar;
    const all = [...'GyMdEHmsSv'].map((letter) => ({ fields: skeletonOf(letter), pattern: letter }));
    const bases = new Set();
    for (const pattern of [...date, ...time]) {
      const skeleton = skeletonText(pattern);
      if (!bases.has(baseOf(skeleton))) all.push({ fields: skeletonOf(skeleton), pattern });
      bases.add(baseOf(skeleton));
    }
    const listed = new Map(all.map((candidate) => [keyOf(candidate.fields), candidate]));
    for (const [skeleton, pattern] of Object.entries(available)) {
      const fields = skeletonOf(skeleton);
      listed.set(keyOf(fields), { fields, pattern, isListed: true });
    }
    cache.set(locale, [...listed.values()]);
  }
  return cache.get(locale);
}

// The skeleton that a pattern is for.
export function skeletonText(pattern) {
  return parse(pattern).filter((token) => token.letter !== undefined && token.letter !== 'a')
    .map(({ letter, width }) => (letter === 'L' ? 'M' : letter === 'c' ? 'E' : letter).repeat(width)).join('');
}

function best(locale, wanted) {
  let [nearest, least] = [undefined, Infinity];
  for (const candidate of candidates(locale)) {
    let distance = 0;
    for (const kind of new Set([...Object.keys(wanted), ...Object.keys(candidate.fields)])) {
      if (wanted[kind] === undefined) distance += 0x10000;
      else if (candidate.fields[kind] === undefined) distance += 0x1000;
      else distance += Math.abs(weight(wanted[kind]) - weight(candidate.fields[kind]));
    }
    if (distance < least) [nearest, least] = [candidate, distance];
  }
  const missing = Object.keys(wanted).filter((kind) => kind !== 'period' && nearest.fields[kind] === undefined);
  return { ...nearest, missing };
}

// The pattern with the widths that are asked for.
function adjust({ pattern, fields, isListed = false }, wanted, decimal) {
  return parse(pattern).flatMap((token) => {
    const kind = KINDS[token.letter];
    const ask = wanted[kind];
    if (token.letter === undefined || ask === undefined) return [token];
    if (kind === 'period') return [ask];
    const has = fields[kind] ?? token;
    const isNumeric = (field) => weight(field) > 0;
    let { width } = ask;
    if (kind === 'minute' || kind === 'second') width = token.width;
    else if (isListed && (has.width === width || isNumeric(ask) !== isNumeric(token))) width = token.width;
    const keepsLetter = ['month', 'weekday', 'year'].includes(kind);
    const changed = { letter: keepsLetter ? token.letter : ask.letter, width };
    if (kind === 'second' && wanted.fraction !== undefined && fields.fraction === undefined) {
      return [changed, { text: decimal }, wanted.fraction];
    }
    return [changed];
  });
}

function isHidden(kind, wanted) {
  return kind === 'fraction' && wanted.second !== undefined;
}

function glued(pattern, parts) {
  return parse(pattern.replaceAll(/'([^']*)'/g, "'$1'")).flatMap((token) => {
    if (token.letter !== undefined) return [token];
    return token.text.split(/(\{\d\})/).filter((piece) => piece !== '')
      .flatMap((piece) => (/^\{\d\}$/.test(piece) ? parts[piece[1]] : [{ text: piece }]));
  });
}

// The tokens for fields of a date or of a time; what no pattern has is appended.
function appended(locale, wanted, decimal) {
  const search = Object.fromEntries(Object.entries(wanted).filter(([kind]) => !isHidden(kind, wanted)));
  const found = best(locale, search);
  let tokens = adjust(found, wanted, decimal);
  const { append } = data(locale, 'core').calendar;
  for (const kind of found.missing) {
    const own = appended(locale, { [kind]: wanted[kind] }, decimal);
    const pattern = kind === 'zone' ? append.zone : kind === 'era' ? append.era : kind === 'weekday' ? append.day : '{0} {1}';
    tokens = glued(pattern, [tokens, own]);
  }
  return tokens;
}

function only(wanted, isOfKind) {
  return Object.fromEntries(Object.entries(wanted).filter(([kind]) => isOfKind(kind)));
}

// The tokens for the fields that are wanted, by their kind. `decimal` stands before parts of a second.
export function patternFor(locale, wanted, decimal) {
  const search = Object.fromEntries(Object.entries(wanted).filter(([kind]) => !isHidden(kind, wanted)));
  const found = best(locale, search);
  const date = only(wanted, (kind) => DATE.includes(kind));
  const time = only(wanted, (kind) => !DATE.includes(kind));
  const isOne = Object.keys(date).length === 0 || Object.keys(time).length === 0;
  if (found.missing.length === 0) return adjust(found, wanted, decimal);
  if (isOne) return appended(locale, wanted, decimal);
  const width = date.month?.width ?? 0;
  const style = width === 4 ? (date.weekday ? 0 : 1) : width === 3 ? 2 : 3;
  return join(locale, style, appended(locale, date, decimal), appended(locale, time, decimal));
}

// A date and a time side by side, in one of four styles.
export function join(locale, style, date, time) {
  return glued(data(locale, 'core').calendar.glue[style], [time, date]);
}
