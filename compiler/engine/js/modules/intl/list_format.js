// `Intl.ListFormat`.
import { data, option, optionsOf, resolve, supportedLocalesOf } from 'sandglass:intl/locales';

function textsOf(list) {
  if (list === undefined) return [];
  return Array.from(list, (item) => {
    if (typeof item !== 'string') throw new TypeError('Iterable yielded a non-String value');
    return item;
  });
}

// Spanish says `e` before what sounds like an i, and `u` before what sounds like an o.
function spanish(pattern, next, type) {
  if (type !== 'disjunction' && /^(i|hi(?!a|e))/i.test(next)) return pattern.replace(' y ', ' e ');
  if (type === 'disjunction' && /^(o|ho|8|11(?!\d))/i.test(next)) return pattern.replace(' o ', ' u ');
  return pattern;
}

// Hebrew sets a hyphen between its `and` and what is not Hebrew.
function joined(language, pattern, next, type) {
  if (language === 'es') return spanish(pattern, next, type);
  if (language === 'he' && !/^\p{Script=Hebrew}/u.test(next)) return pattern.replace(/ ו(?=\{1\})/, ' ו-');
  return pattern;
}

export class ListFormat {
  #resolved;
  #type;
  #style;

  constructor(locales, options) {
    this.#resolved = resolve(locales);
    const known = optionsOf(options, 'ListFormat');
    this.#type = option(known, 'type', ['conjunction', 'disjunction', 'unit'], 'conjunction');
    this.#style = option(known, 'style', ['long', 'short', 'narrow'], 'long');
  }

  format(list) {
    return this.formatToParts(list).map((part) => part.value).join('');
  }

  formatToParts(list) {
    const elements = textsOf(list).map((value) => [{ type: 'element', value }]);
    if (elements.length === 0) return [];
    const [start, middle, end, pair] = data(this.#resolved.data, 'core').lists[`${this.#type}-${this.#style}`];
    const glue = (pattern, left, right) => {
      const shown = joined(this.#resolved.data.split('-')[0], pattern, right[0].value, this.#type);
      return shown.split(/(\{[01]\})/).filter(Boolean).flatMap((piece) => {
        if (piece === '{0}') return left;
        return piece === '{1}' ? right : [{ type: 'literal', value: piece }];
      });
    };
    if (elements.length === 1) return elements[0];
    if (elements.length === 2) return glue(pair, ...elements);
    let parts = glue(end, elements.at(-2), elements.at(-1));
    for (const element of elements.slice(1, -2).reverse()) parts = glue(middle, element, parts);
    return glue(start, elements[0], parts);
  }

  resolvedOptions() {
    return { locale: this.#resolved.locale, type: this.#type, style: this.#style };
  }

  static supportedLocalesOf(locales) { return supportedLocalesOf(locales); }

  static {
    Object.defineProperty(ListFormat.prototype, Symbol.toStringTag, { value: 'Intl.ListFormat', configurable: true });
  }
}
