// `Intl.Segmenter`: characters as people see them, words and sentences, which the host knows.
import { segment } from 'sandglass:native';
import { option, optionsOf, resolve, supportedLocalesOf } from 'sandglass:intl/locales';

const GRANULARITIES = ['grapheme', 'word', 'sentence'];

class Segments {
  #input;
  #granularity;
  // Where segments end, and for words whether each is one.
  #ends;
  #words;

  constructor(input, granularity) {
    this.#input = input;
    this.#granularity = granularity;
    const found = segment(GRANULARITIES.indexOf(granularity), input.toWellFormed());
    this.#ends = [];
    this.#words = [];
    for (let at = 0; at < found.length; at += 2) {
      this.#ends.push(found[at]);
      this.#words.push(found[at + 1] === 1);
    }
  }

  #at(number) {
    const index = number === 0 ? 0 : this.#ends[number - 1];
    const data = { segment: this.#input.slice(index, this.#ends[number]), index, input: this.#input };
    return this.#granularity === 'word' ? { ...data, isWordLike: this.#words[number] } : data;
  }

  containing(index = 0) {
    const at = Math.trunc(Number(index)) || 0;
    if (at < 0 || at >= this.#input.length) return undefined;
    return this.#at(this.#ends.findIndex((end) => end > at));
  }

  * [Symbol.iterator]() {
    for (let number = 0; number < this.#ends.length; number += 1) yield this.#at(number);
  }
}

export class Segmenter {
  #resolved;
  #granularity;

  constructor(locales, options) {
    this.#resolved = resolve(locales);
    this.#granularity = option(optionsOf(options, 'Segmenter'), 'granularity', GRANULARITIES, 'grapheme');
  }

  segment(text) {
    return new Segments(`${text}`, this.#granularity);
  }

  resolvedOptions() {
    return { locale: this.#resolved.locale, granularity: this.#granularity };
  }

  static supportedLocalesOf(locales) { return supportedLocalesOf(locales); }

  static {
    Object.defineProperty(Segmenter.prototype, Symbol.toStringTag, { value: 'Intl.Segmenter', configurable: true });
  }
}
