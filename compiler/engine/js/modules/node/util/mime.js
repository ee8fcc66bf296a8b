// `util.MIMEType` and `util.MIMEParams`, by the WHATWG's MIME Sniffing standard.
import { coded } from '__wasm_rquickjs_builtin/internal/errors';

const NOT_TOKEN = /[^!#$%&'*+\-.^_`|~A-Za-z0-9]/;
const NOT_QUOTED = /[^\t\u0020-\u007E\u0080-\u00FF]/;
const BLANKS_AROUND = /^[\r\n\t ]+|[\r\n\t ]+$/g;
const BLANKS_BEHIND = /[\r\n\t ]+$/;

const ERR_INVALID_MIME_SYNTAX = coded('ERR_INVALID_MIME_SYNTAX', TypeError, (what, text, at) => (
  `The MIME syntax for a ${what} in ${JSON.stringify(text)} is invalid${at === -1 ? '' : ` at ${at}`}`));

function refuse(what, text, at) {
  throw new ERR_INVALID_MIME_SYNTAX(what, text, at);
}

function lowered(text) {
  return text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}

function checkedToken(what, text) {
  const at = text.search(NOT_TOKEN);
  if (text === '' || at !== -1) refuse(what, text, at);
  return text;
}

function parsedType(text) {
  const slash = text.indexOf('/');
  const type = slash === -1 ? text : text.slice(0, slash);
  const at = type.search(NOT_TOKEN);
  if (type === '' || slash === -1 || at !== -1) refuse('type', text, at);
  const rest = text.slice(slash + 1);
  const semicolon = rest.indexOf(';');
  const subtype = (semicolon === -1 ? rest : rest.slice(0, semicolon)).replace(BLANKS_BEHIND, '');
  const wrong = subtype.search(NOT_TOKEN);
  if (subtype === '' || wrong !== -1) refuse('subtype', rest, wrong);
  return { type: lowered(type), subtype: lowered(subtype), rest: semicolon === -1 ? '' : rest.slice(semicolon + 1) };
}

// A quoted text at the beginning, unquoted, and how long it was.
function quoted(text) {
  let value = '';
  let at = 1;
  for (; at < text.length && text[at] !== '"'; at += 1) {
    if (text[at] === '\\' && at + 1 < text.length) at += 1;
    value += text[at];
  }
  return [value, at + 1];
}

function* parameters(source) {
  let text = source;
  while (text !== '') {
    text = text.replace(/^[\r\n\t ]+/, '');
    const [name] = /^[^;=]*/.exec(text);
    text = text.slice(name.length);
    if (text[0] === '=') {
      text = text.slice(1);
      let value;
      const isQuoted = text[0] === '"';
      if (isQuoted) {
        const [inner, length] = quoted(text);
        value = inner;
        text = text.slice(length).replace(/^[^;]*/, '');
      } else {
        const [plain] = /^[^;]*/.exec(text);
        value = plain.replace(BLANKS_BEHIND, '');
        text = text.slice(plain.length);
      }
      if (name !== '' && !NOT_TOKEN.test(name) && !NOT_QUOTED.test(value) && (isQuoted || value !== '')) {
        yield [lowered(name), value];
      }
    }
    text = text.slice(1);
  }
}

export class MIMEParams {
  #values = new Map();

  delete(name) { this.#values.delete(`${name}`); }
  get(name) { return this.#values.get(`${name}`) ?? null; }
  has(name) { return this.#values.has(`${name}`); }

  set(name, value) {
    const [key, text] = [`${name}`, `${value}`];
    checkedToken('parameter name', key);
    const at = text.search(NOT_QUOTED);
    if (at !== -1) refuse('parameter value', text, at);
    this.#values.set(key, text);
  }

  * entries() { yield* this.#values.entries(); }
  * keys() { yield* this.#values.keys(); }
  * values() { yield* this.#values.values(); }

  toString() {
    return Array.from(this.#values, ([name, value]) => {
      const isToken = value !== '' && !NOT_TOKEN.test(value);
      return `${name}=${isToken ? value : `"${value.replace(/["\\]/g, '\\$&')}"`}`;
    }).join(';');
  }

  static parsed(text) {
    const params = new MIMEParams();
    for (const [name, value] of parameters(text)) if (!params.#values.has(name)) params.#values.set(name, value);
    return params;
  }
}
const { parsed } = MIMEParams;
delete MIMEParams.parsed;
Object.defineProperties(MIMEParams.prototype, {
  [Symbol.iterator]: { value: MIMEParams.prototype.entries, writable: true, configurable: true },
  toJSON: { value: MIMEParams.prototype.toString, writable: true, configurable: true },
});

export class MIMEType {
  #type;
  #subtype;
  #params;

  constructor(text) {
    const { type, subtype, rest } = parsedType(`${text}`.replace(BLANKS_AROUND, ''));
    this.#type = type;
    this.#subtype = subtype;
    this.#params = parsed(rest);
  }

  get type() { return this.#type; }
  set type(value) { this.#type = lowered(checkedToken('type', `${value}`)); }
  get subtype() { return this.#subtype; }
  set subtype(value) { this.#subtype = lowered(checkedToken('subtype', `${value}`)); }
  get essence() { return `${this.#type}/${this.#subtype}`; }
  get params() { return this.#params; }

  toString() {
    const params = `${this.#params}`;
    return params === '' ? this.essence : `${this.essence};${params}`;
  }
}
Object.defineProperty(MIMEType.prototype, 'toJSON', {
  value: MIMEType.prototype.toString, writable: true, configurable: true,
});
for (const [Class, names] of [[MIMEType, ['type', 'subtype', 'essence', 'params', 'toString']], [MIMEParams, [
  'delete', 'get', 'has', 'set', 'entries', 'keys', 'values', 'toString']]]) {
  for (const name of names) Object.defineProperty(Class.prototype, name, { enumerable: true });
}
