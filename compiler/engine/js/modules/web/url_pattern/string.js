// Which components does a pattern have that is written like a URL? https://urlpattern.spec.whatwg.org/#constructor-string-parsing
import { tokenize } from 'sandglass:url_pattern/tokens';

const ORDER = ['protocol', 'authority', 'username', 'password', 'hostname', 'port', 'pathname', 'search', 'hash'];
const isWithin = (state, from, to) => ORDER.indexOf(state) >= ORDER.indexOf(from) && ORDER.indexOf(state) <= ORDER.indexOf(to);

class Parser {
  constructor(input, isSpecial) {
    this.points = [...input];
    this.tokens = tokenize(this.points, () => {});
    Object.assign(this, { isSpecial, result: {}, start: 0, index: 0, step: 1, depth: 0, brackets: 0, special: false, state: 'init' });
  }

  parse() {
    for (; this.index < this.tokens.length && this.state !== 'done'; this.index += this.step) {
      this.step = 1;
      const { kind } = this.tokens[this.index];
      if (kind === 'end') this.end();
      else if (kind === 'open') this.depth += 1;
      else if (this.depth === 0 || kind === 'close') {
        if (this.depth > 0) this.depth -= 1;
        this[this.state]();
      }
    }
    const { result } = this;
    if (result.hostname !== undefined) result.port ??= '';
    return result;
  }

  end() {
    if (this.state === 'authority') this.again('hostname');
    else if (this.state !== 'init') this.change('done', 0);
    else {
      this.again('init');
      if (this.is('#')) this.change('hash', 1);
      else if (this.isSearch()) this.change('search', 1);
      else this.change('pathname', 0);
    }
  }

  init() { if (this.is(':')) this.again('protocol'); }

  protocol() {
    if (!this.is(':')) return;
    this.special = this.isSpecial(this.text());
    const slashes = this.is('/', 1) && this.is('/', 2);
    this.change(slashes || this.special ? 'authority' : 'pathname', slashes ? 3 : 1);
  }

  authority() {
    if (this.is('@')) this.again('username');
    else if (this.is('/') || this.isSearch() || this.is('#')) this.again('hostname');
  }

  username() {
    if (this.is(':')) this.change('password', 1);
    else if (this.is('@')) this.change('hostname', 1);
  }

  password() { if (this.is('@')) this.change('hostname', 1); }

  hostname() {
    if (this.is('[')) this.brackets += 1;
    else if (this.is(']')) this.brackets -= 1;
    else if (this.is(':') && this.brackets === 0) this.change('port', 1);
    else this.port();
  }

  port() {
    if (this.is('/')) this.change('pathname', 0);
    else this.pathname();
  }

  pathname() {
    if (this.isSearch()) this.change('search', 1);
    else this.search();
  }

  search() { if (this.is('#')) this.change('hash', 1); }

  hash() {}

  // ---- what is at the token ------------------------------------------------------------------

  at(index) {
    return this.tokens[Math.min(index, this.tokens.length - 1)];
  }

  is(value, ahead = 0) {
    const token = this.at(this.index + ahead);
    return token.value === value && ['char', 'escaped', 'invalid'].includes(token.kind);
  }

  // A `?` begins the search unless it says of what is before it that it may be missing.
  isSearch() {
    if (this.is('?')) return true;
    if (this.tokens[this.index].value !== '?') return false;
    return this.index === 0 || !['name', 'regexp', 'close', 'asterisk'].includes(this.at(this.index - 1).kind);
  }

  text() {
    return this.points.slice(this.at(this.start).index, this.tokens[this.index].index).join('');
  }

  // ---- from one component to the next --------------------------------------------------------

  again(state) {
    Object.assign(this, { index: this.start, step: 0, state });
  }

  change(next, skip) {
    const { result, state } = this;
    if (state !== 'init' && state !== 'authority') result[state] = this.text();
    if (state !== 'init' && next !== 'done') {
      if (isWithin(state, 'protocol', 'password') && isWithin(next, 'port', 'hash')) result.hostname ??= '';
      if (isWithin(state, 'protocol', 'port') && isWithin(next, 'search', 'hash')) result.pathname ??= this.special ? '/' : '';
      if (isWithin(state, 'protocol', 'pathname') && next === 'hash') result.search ??= '';
    }
    this.index += skip;
    Object.assign(this, { state: next, start: this.index, step: 0 });
  }
}

// `isSpecial` says of a pattern of a protocol whether it matches one of those that the URL standard knows.
export const componentsOf = (input, isSpecial) => new Parser(input, isSpecial).parse();
