// How are durations counted, by `createHistogram` and `monitorEventLoopDelay`?
import { coded } from 'sandglass:coded';
import { ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE } from '__wasm_rquickjs_builtin/internal/errors';
import { validateInteger, validateNumber, validateObject } from '__wasm_rquickjs_builtin/internal/validators';

const INSPECT = Symbol.for('nodejs.util.inspect.custom');
const OWN = Symbol('own');
const HIGHEST = 2n ** 63n - 1n;

// How often each value came, exactly: what a lambda counts in its short life is little.
class Counts {
  counts = new Map();
  exceeds = 0n;
  highest = HIGHEST;
  last;

  record(value, times = 1n) {
    if (value > this.highest) this.exceeds += times;
    else this.counts.set(value, (this.counts.get(value) ?? 0n) + times);
  }

  get sorted() { return [...this.counts].sort(([one], [other]) => (one < other ? -1 : 1)); }
  get count() { return [...this.counts.values()].reduce((sum, times) => sum + times, 0n); }
  get min() { return this.sorted[0]?.[0] ?? HIGHEST; }
  get max() { return this.sorted.at(-1)?.[0] ?? 0n; }

  get mean() {
    return this.sorted.reduce((sum, [value, times]) => sum + Number(value * times), 0) / Number(this.count);
  }

  get stddev() {
    const { mean } = this;
    const sum = this.sorted.reduce((all, [value, times]) => all + ((Number(value) - mean) ** 2) * Number(times), 0);
    return Math.sqrt(sum / Number(this.count));
  }

  percentile(percent) {
    const { sorted, count } = this;
    let seen = 0n;
    for (const [value, times] of sorted) {
      seen += times;
      if (Number(seen) * 100 >= percent * Number(count)) return value;
    }
    return 0n;
  }

  percentiles() {
    const { sorted, count } = this;
    if (count === 0n) return new Map([[100, 0n]]);
    const found = new Map();
    for (let percent = 0, left = 100; left > 1e-3 && percent < 100; left /= 2, percent = 100 - left) {
      found.set(percent, this.percentile(percent));
      if (sorted.length === 1) break;
    }
    return found.set(100, this.max);
  }
}

function checkedPercentile(percent) {
  validateNumber(percent, 'percentile');
  if (Number.isNaN(percent) || percent <= 0 || percent > 100) {
    throw new ERR_OUT_OF_RANGE('percentile', '> 0 && <= 100', percent);
  }
  return percent;
}

export class Histogram {
  #counts;

  constructor(own, counts) {
    if (own !== OWN) throw coded(TypeError, 'ERR_ILLEGAL_CONSTRUCTOR', 'Illegal constructor');
    this.#counts = counts;
  }

  get count() { return Number(this.#counts.count); }
  get countBigInt() { return this.#counts.count; }
  get min() { return Number(this.#counts.min); }
  get minBigInt() { return this.#counts.min; }
  get max() { return Number(this.#counts.max); }
  get maxBigInt() { return this.#counts.max; }
  get mean() { return this.#counts.mean; }
  get stddev() { return this.#counts.stddev; }
  get exceeds() { return Number(this.#counts.exceeds); }
  get exceedsBigInt() { return this.#counts.exceeds; }

  percentile(percent) { return Number(this.#counts.percentile(checkedPercentile(percent))); }
  percentileBigInt(percent) { return this.#counts.percentile(checkedPercentile(percent)); }
  get percentilesBigInt() { return this.#counts.percentiles(); }

  get percentiles() {
    return new Map(Array.from(this.#counts.percentiles(), ([percent, value]) => [percent, Number(value)]));
  }

  reset() {
    this.#counts.counts.clear();
    this.#counts.exceeds = 0n;
  }

  toJSON() {
    const { count, min, max, mean, exceeds, stddev, percentiles } = this;
    return { count, min, max, mean, exceeds, stddev, percentiles: Object.fromEntries(percentiles) };
  }

  [INSPECT](depth, options, inspect) {
    if (depth < 0) return `[${this.constructor.name}]`;
    const { min, max, mean, exceeds, stddev, count, percentiles } = this;
    const nested = { ...options, depth: options.depth === null ? null : options.depth - 1 };
    return `Histogram ${inspect({ min, max, mean, exceeds, stddev, count, percentiles }, nested)}`;
  }

  static countsOf(histogram) { return histogram.#counts; }
  static is(value) { return typeof value === 'object' && value !== null && #counts in value; }
}
const { countsOf, is } = Histogram;
delete Histogram.countsOf;
delete Histogram.is;

export class RecordableHistogram extends Histogram {
  record(value) {
    if (typeof value !== 'bigint') validateInteger(value, 'val', 1);
    else if (value < 1n || value > HIGHEST) throw new ERR_OUT_OF_RANGE('val', '>= 1 && <= 9223372036854775807', value);
    countsOf(this).record(BigInt(value));
  }

  recordDelta() {
    const counts = countsOf(this);
    const now = globalThis.process.hrtime.bigint();
    if (counts.last !== undefined) counts.record(now > counts.last ? now - counts.last : 1n);
    counts.last = now;
  }

  add(other) {
    if (!(other instanceof RecordableHistogram)) throw new ERR_INVALID_ARG_TYPE('other', 'RecordableHistogram', other);
    const counts = countsOf(this);
    for (const [value, times] of countsOf(other).counts) counts.record(value, times);
    counts.exceeds += countsOf(other).exceeds;
  }
}

export const isHistogram = (value) => is(value) && value instanceof RecordableHistogram;

function checkedBound(value, name, least) {
  if (typeof value !== 'bigint') validateInteger(value, name, least);
  return BigInt(value);
}

export function createHistogram(options = {}) {
  validateObject(options, 'options');
  const { lowest = 1, highest = Number.MAX_SAFE_INTEGER, figures = 3 } = options;
  const least = checkedBound(lowest, 'options.lowest', 1);
  const most = checkedBound(highest, 'options.highest', Number(2n * least));
  if (most < 2n * least) throw new ERR_INVALID_ARG_TYPE('options.highest', `>= ${2n * least}`, highest);
  validateInteger(figures, 'options.figures', 1, 5);
  const counts = new Counts();
  counts.highest = most;
  return new RecordableHistogram(OWN, counts);
}

class IntervalHistogram extends Histogram {
  #resolution;
  #timer;

  constructor(own, counts, resolution) {
    super(own, counts);
    this.#resolution = resolution;
  }

  enable() {
    if (this.#timer !== undefined) return false;
    let last = globalThis.process.hrtime.bigint();
    this.#timer = globalThis.setInterval(() => {
      const now = globalThis.process.hrtime.bigint();
      countsOf(this).record(now - last || 1n);
      last = now;
    }, this.#resolution).unref();
    return true;
  }

  disable() {
    if (this.#timer === undefined) return false;
    globalThis.clearInterval(this.#timer);
    this.#timer = undefined;
    return true;
  }
}

export function monitorEventLoopDelay(options = {}) {
  validateObject(options, 'options');
  const { resolution = 10 } = options;
  validateInteger(resolution, 'options.resolution', 1);
  return new IntervalHistogram(OWN, new Counts(), resolution);
}
