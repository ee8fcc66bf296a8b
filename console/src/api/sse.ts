// What does a stream of server-sent events say (WHATWG HTML, section 9.2)?

/** One event of a stream. */
export interface ServerEvent {
  /** Its kind; `message` when it has no other. */
  event: string;
  data: string;
  /** The id that was sent last; empty when there was none. */
  id: string;
}

/** Makes events of the pieces in which they arrive. */
export class EventParser {
  #rest = '';
  #event = '';
  #data: string[] = [];
  #id = '';

  push(piece: string): ServerEvent[] {
    const text = this.#rest + piece;
    // A carriage return at the end may be the first half of a line's end.
    const whole = text.endsWith('\r') ? text.slice(0, -1) : text;
    const lines = whole.split(/\r\n|\n|\r/);
    this.#rest = (lines.pop() ?? '') + text.slice(whole.length);
    return lines.flatMap((line) => this.#line(line));
  }

  #line(line: string): ServerEvent[] {
    if (line === '') return this.#dispatch();
    const colon = line.indexOf(':');
    const field = colon === -1 ? line : line.slice(0, colon);
    const value = colon === -1 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (field === 'event') this.#event = value;
    else if (field === 'data') this.#data.push(value);
    else if (field === 'id' && !value.includes('\0')) this.#id = value;
    return [];
  }

  #dispatch(): ServerEvent[] {
    const [event, data] = [this.#event || 'message', this.#data];
    this.#event = '';
    this.#data = [];
    return data.length === 0 ? [] : [{ event, data: data.join('\n'), id: this.#id }];
  }
}
