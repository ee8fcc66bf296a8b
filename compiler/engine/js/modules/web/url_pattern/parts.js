// What does one component of a `URLPattern` match? https://urlpattern.spec.whatwg.org/#patterns
//
// Its pattern is parsed into parts: fixed texts and groups, each with what stands around it and how often it may be there.
// Of the parts are made the regular expression that matches, and the pattern as it is shown.
import { isNamePoint, tokenize } from 'sandglass:url_pattern/tokens';

const ALL = '.*';

const escapeRegExp = (text) => text.replace(/[.+*?^${}()[\]|/\\]/g, '\\$&');
export const escapePattern = (text) => text.replace(/[+*?:{}()\\]/g, '\\$&');

// What a group without a regular expression matches: all up to the next delimiter.
const segment = ({ delimiter }) => `[^${escapeRegExp(delimiter)}]+?`;

class Parser {
  constructor(pattern, options, encode) {
    this.tokens = tokenize([...pattern], (value) => { throw new TypeError(`unexpected ${value}`); });
    Object.assign(this, { options, encode, index: 0, parts: [], fixed: '', groups: 0 });
  }

  take(...kinds) {
    return kinds.includes(this.tokens[this.index].kind) ? this.tokens[this.index++] : undefined;
  }

  need(kind) {
    const { value } = this.tokens[this.index];
    if (this.take(kind) === undefined) throw new TypeError(`unexpected ${value || 'end'}`);
  }

  text() {
    let text = '';
    for (let token; (token = this.take('char', 'escaped'));) text += token.value;
    return text;
  }

  // A group: its name, its expression or its wildcard; nothing when there is none.
  group() {
    const name = this.take('name');
    const inner = this.take('regexp') ?? (name === undefined ? this.take('asterisk') : undefined);
    return name === undefined && inner === undefined ? undefined : { name, inner };
  }

  modifier() {
    return this.take('modifier', 'asterisk')?.value ?? '';
  }

  flush() {
    if (this.fixed !== '') this.parts.push({ kind: 'fixed', value: this.encode(this.fixed), modifier: '', prefix: '', suffix: '' });
    this.fixed = '';
  }

  add(prefix, group, suffix, modifier) {
    if (group === undefined && modifier === '') {
      this.fixed += prefix;
      return;
    }
    this.flush();
    if (group === undefined) {
      if (prefix !== '') this.parts.push({ kind: 'fixed', value: this.encode(prefix), modifier, prefix: '', suffix: '' });
      return;
    }
    const { name: given, inner } = group;
    const name = given?.value ?? `${this.groups++}`;
    if (this.parts.some((part) => part.name === name)) throw new TypeError(`two groups have the name ${name}`);
    const expression = inner?.kind === 'asterisk' ? ALL : inner?.value ?? segment(this.options);
    const kind = { [segment(this.options)]: 'segment', [ALL]: 'all' }[expression] ?? 'regexp';
    this.parts.push({ kind, value: expression, name, modifier, prefix: this.encode(prefix), suffix: this.encode(suffix) });
  }

  parse() {
    for (;;) {
      const char = this.take('char');
      const group = this.group();
      if (group !== undefined) this.addBare(char?.value ?? '', group);
      else if (char !== undefined) this.fixed += char.value;
      else if (!this.parseEscaped() && !this.parseBraces()) break;
    }
    this.flush();
    this.need('end');
    return this.parts;
  }

  // A group without braces takes the delimiter before it along.
  addBare(char, group) {
    const isPrefix = char === this.options.prefix;
    if (!isPrefix) this.fixed += char;
    this.flush();
    this.add(isPrefix ? char : '', group, '', this.modifier());
  }

  parseEscaped() {
    const token = this.take('escaped');
    this.fixed += token?.value ?? '';
    return token !== undefined;
  }

  parseBraces() {
    if (this.take('open') === undefined) return false;
    const [prefix, group, suffix] = [this.text(), this.group(), this.text()];
    this.need('close');
    this.add(prefix, group, suffix, this.modifier());
    return true;
  }
}

export const parse = (pattern, options, encode) => new Parser(pattern, options, encode).parse();

export function expressionOf(parts) {
  return `^${parts.map(ofPart).join('')}$`;
}

function ofPart({ kind, value, modifier, prefix, suffix }) {
  if (kind === 'fixed') return modifier === '' ? escapeRegExp(value) : `(?:${escapeRegExp(value)})${modifier}`;
  const repeats = modifier === '*' || modifier === '+';
  if (prefix === '' && suffix === '') return repeats ? `((?:${value})${modifier})` : `(${value})${modifier}`;
  const [before, after] = [escapeRegExp(prefix), escapeRegExp(suffix)];
  if (!repeats) return `(?:${before}(${value})${after})${modifier}`;
  return `(?:${before}((?:${value})(?:${after}${before}(?:${value}))*)${after})${modifier === '*' ? '?' : ''}`;
}

export function patternOf(parts, options) {
  return parts.map((part, index) => shown(part, parts[index - 1], parts[index + 1], options)).join('');
}

const isCustom = ({ name }) => !/^\d/.test(name);

function shown(part, previous, next, options) {
  const { kind, value, name, modifier, prefix, suffix } = part;
  if (kind === 'fixed') return modifier === '' ? escapePattern(value) : `{${escapePattern(value)}}${modifier}`;
  const braces = needsBraces(part, previous, next, options);
  let text = escapePattern(prefix) + (isCustom(part) ? `:${name}` : '');
  if (kind === 'regexp' || (kind === 'segment' && !isCustom(part))) text += `(${value})`;
  else if (kind === 'all') text += isPlain(part, previous, braces) ? '*' : `(${ALL})`;
  if (kind === 'segment' && isCustom(part) && suffix !== '' && isNamePoint([...suffix][0], false)) text += '\\';
  text += escapePattern(suffix);
  return (braces ? `{${text}}` : text) + modifier;
}

// Whether a `*` is enough for what matches all.
function isPlain(part, previous, braces) {
  if (isCustom(part)) return false;
  return previous === undefined || previous.kind === 'fixed' || previous.modifier !== '' || braces || part.prefix !== '';
}

// Whether a group would be read otherwise without braces, given what is beside it.
function needsBraces(part, previous, next, options) {
  const { kind, modifier, prefix, suffix } = part;
  if (suffix !== '' || (prefix !== '' && prefix !== options.prefix)) return true;
  const touches = isCustom(part) && kind === 'segment' && modifier === '' && next?.prefix === '' && next.suffix === '';
  if (touches && (next.kind === 'fixed' ? isNamePoint([...next.value][0], false) : !isCustom(next))) return true;
  return prefix === '' && previous?.kind === 'fixed' && options.prefix !== '' && previous.value.endsWith(options.prefix);
}
