// Where does a text stop being JSON (RFC 8259), and what should be there? Browsers do not always say where.

/** What may come next, as it is said. */
type Wanted = 'a value' | 'a name in double quotes' | 'a colon' | 'a comma or the end';

/* eslint-disable no-control-regex -- JSON's texts have no control characters */
const VALUE =
  /(?:"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[\da-fA-F]{4}))*"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.])|(?:true|false|null)(?!\w))/y;
const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[\da-fA-F]{4}))*"/y;
/* eslint-enable no-control-regex */
const BLANKS = /[ \t\r\n]*/y;

/** "line 2, column 5: a value should be here, not `}`", of a text that is not JSON. */
export function jsonMistake(text: string): string {
  const { at, wanted } = new Reader(text).read();
  const before = text.slice(0, at).split('\n');
  const column = [...(before.at(-1) ?? '')].length + 1;
  const found = at < text.length ? `not ${shown(text, at)}` : 'and the text ends';
  return `line ${before.length}, column ${column}: ${wanted} should be here, ${found}.`;
}

function shown(text: string, at: number): string {
  const [word] = /^(?:[\w$]{1,20}|.)/su.exec(text.slice(at)) ?? [''];
  return `“${word}”`;
}

/** Goes through a text until it is not JSON any more. */
class Reader {
  #at = 0;
  /** What is open around the place. */
  readonly #open: ('{' | '[')[] = [];
  #wanted: Wanted = 'a value';

  constructor(private readonly text: string) {}

  read(): { at: number; wanted: string } {
    for (;;) {
      this.#skip(BLANKS);
      if (!this.#step()) return { at: this.#at, wanted: this.#said() };
    }
  }

  #step(): boolean {
    switch (this.#wanted) {
      case 'a value':
        return this.#value();
      case 'a name in double quotes':
        return this.#closes('}', '{') || (this.#skip(STRING) && this.#want('a colon'));
      case 'a colon':
        return this.#is(':') && this.#want('a value');
      case 'a comma or the end':
        return this.#end();
    }
  }

  #value(): boolean {
    if (this.#skip(VALUE)) return this.#want('a comma or the end');
    if (this.#is('{')) {
      this.#open.push('{');
      return this.#want('a name in double quotes');
    }
    if (this.#is('[')) {
      this.#open.push('[');
      return this.#want('a value');
    }
    return this.#closes(']', '[');
  }

  #end(): boolean {
    const around = this.#open.at(-1);
    if (around === undefined) return false;
    if (!this.#is(',')) return this.#closes(around === '{' ? '}' : ']', around);
    this.#skip(BLANKS);
    // After a comma nothing ends.
    if (this.text[this.#at] === '}' || this.text[this.#at] === ']') {
      this.#wanted = around === '{' ? 'a name in double quotes' : 'a value';
      return false;
    }
    return this.#want(around === '{' ? 'a name in double quotes' : 'a value');
  }

  #closes(sign: string, around: '{' | '['): boolean {
    if (this.#open.at(-1) !== around || !this.#is(sign)) return false;
    this.#open.pop();
    return this.#want('a comma or the end');
  }

  #want(wanted: Wanted): true {
    this.#wanted = wanted;
    return true;
  }

  #is(sign: string): boolean {
    if (this.text[this.#at] !== sign) return false;
    this.#at += 1;
    return true;
  }

  #skip(pattern: RegExp): boolean {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.text);
    if (!found) return false;
    this.#at = pattern.lastIndex;
    return true;
  }

  #said(): string {
    if (this.#wanted !== 'a comma or the end') return this.#wanted;
    const around = this.#open.at(-1);
    if (around === undefined) return 'the end';
    return around === '{' ? 'a comma or “}”' : 'a comma or “]”';
  }
}
