// How is a pattern of `URLPattern` divided into tokens? https://urlpattern.spec.whatwg.org/#tokenizing

const NAME_START = /[$_\p{ID_Start}]/u;
const NAME = /[$\u200c\u200d\p{ID_Continue}]/u;
const KINDS = { '*': 'asterisk', '+': 'modifier', '?': 'modifier', '{': 'open', '}': 'close' };

export const isNamePoint = (point, isFirst) => (isFirst ? NAME_START : NAME).test(point);

const isAscii = (point) => point.codePointAt(0) < 0x80;

// Where the regular expression ends whose `(` is at `from`, or undefined when it is none.
function endOfRegExp(points, from) {
  let depth = 1;
  for (let at = from + 1; at < points.length; at++) {
    const point = points[at];
    if (!isAscii(point) || (at === from + 1 && point === '?')) return undefined;
    if (point === '\\') {
      at += 1;
      if (at === points.length || !isAscii(points[at])) return undefined;
    } else if (point === ')') {
      depth -= 1;
      if (depth === 0) return at === from + 1 ? undefined : at + 1;
    } else if (point === '(') {
      depth += 1;
      if (points[at + 1] !== '?') return undefined;
    }
  }
  return undefined;
}

function endOfName(points, from) {
  let at = from + 1;
  while (at < points.length && isNamePoint(points[at], at === from + 1)) at += 1;
  return at === from + 1 ? undefined : at;
}

// The token at `index`: its kind, its text and where the next one begins. Without a kind it is malformed.
function tokenAt(points, index) {
  const point = points[index];
  const between = (kind, end, cut) => (end === undefined
    ? { value: point, end: index + 1 }
    : { kind, value: points.slice(index + 1, end - cut).join(''), end });
  if (point in KINDS) return { kind: KINDS[point], value: point, end: index + 1 };
  if (point === '\\') return between('escaped', index + 1 < points.length ? index + 2 : undefined, 0);
  if (point === ':') return between('name', endOfName(points, index), 0);
  if (point === '(') return between('regexp', endOfRegExp(points, index), 1);
  return { kind: 'char', value: point, end: index + 1 };
}

// `malformed` is called for what is no token; when it returns, that is a token of its own.
export function tokenize(points, malformed) {
  const tokens = [];
  for (let index = 0; index < points.length;) {
    const { kind, value, end } = tokenAt(points, index);
    if (kind === undefined) malformed(value);
    tokens.push({ kind: kind ?? 'invalid', value, index });
    index = end;
  }
  tokens.push({ kind: 'end', value: '', index: points.length });
  return tokens;
}
