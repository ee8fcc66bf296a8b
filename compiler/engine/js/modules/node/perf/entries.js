// What do marks and measures look like, and who is told of them?
import { coded } from 'sandglass:coded';
import { ERR_INVALID_ARG_TYPE, ERR_MISSING_ARGS } from '__wasm_rquickjs_builtin/internal/errors';

const INSPECT = Symbol.for('nodejs.util.inspect.custom');
// What only the library's own code makes an entry with.
export const OWN = Symbol('own');

function illegal() {
  return coded(TypeError, 'ERR_ILLEGAL_CONSTRUCTOR', 'Illegal constructor');
}

export class PerformanceEntry {
  #fields;

  constructor(own, fields) {
    if (own !== OWN) throw illegal();
    this.#fields = fields;
  }

  get name() { return this.#fields.name; }
  get entryType() { return this.#fields.entryType; }
  get startTime() { return this.#fields.startTime; }
  get duration() { return this.#fields.duration ?? 0; }

  [INSPECT](depth, options, inspect) {
    if (depth < 0) return this;
    return `${this.constructor.name} ${inspect(this.toJSON(), { ...options, depth: options.depth ?? undefined })}`;
  }

  toJSON() {
    const { name, entryType, startTime, duration } = this;
    return this.detail === undefined
      ? { name, entryType, startTime, duration } : { name, entryType, startTime, duration, detail: this.detail };
  }
}

function cloned(detail) {
  return detail === undefined || detail === null ? null : globalThis.structuredClone(detail);
}

function tagged(Class, tag) {
  Object.defineProperty(Class.prototype, Symbol.toStringTag, { value: tag, configurable: true });
}

function checkedTime(startTime) {
  if (startTime === undefined) return globalThis.performance.now();
  if (typeof startTime !== 'number') throw new ERR_INVALID_ARG_TYPE('startTime', 'number', startTime);
  if (startTime < 0) {
    throw coded(TypeError, 'ERR_PERFORMANCE_INVALID_TIMESTAMP', `${startTime} is not a valid timestamp`);
  }
  return startTime;
}

export class PerformanceMark extends PerformanceEntry {
  #detail;

  constructor(name, options = undefined) {
    if (arguments.length === 0) throw new ERR_MISSING_ARGS('name');
    if (options !== undefined && options !== null && typeof options !== 'object') {
      throw new ERR_INVALID_ARG_TYPE('options', 'Object', options);
    }
    super(OWN, { name: `${name}`, entryType: 'mark', startTime: checkedTime(options?.startTime) });
    this.#detail = cloned(options?.detail);
  }

  get detail() { return this.#detail; }
}
tagged(PerformanceMark, 'PerformanceMark');

export class PerformanceMeasure extends PerformanceEntry {
  #detail;

  constructor(own, fields, detail) {
    super(own, { ...fields, entryType: 'measure' });
    this.#detail = cloned(detail);
  }

  get detail() { return this.#detail; }
}
tagged(PerformanceMeasure, 'PerformanceMeasure');

export function measureOf(name, startTime, duration, detail) {
  return new PerformanceMeasure(OWN, { name: `${name}`, startTime, duration }, detail);
}

class PerformanceFunctionEntry extends PerformanceEntry {
  get detail() { return [...this]; }
}
Object.defineProperty(PerformanceFunctionEntry, 'name', { value: 'PerformanceEntry' });

// What `timerify` reports of a call: its arguments are the entry's elements.
export function callOf(name, startTime, duration, args) {
  const entry = new PerformanceFunctionEntry(OWN, { name, entryType: 'function', startTime, duration });
  args.forEach((arg, index) => { entry[index] = arg; });
  Object.defineProperty(entry, 'detail', { value: args, enumerable: true });
  return entry;
}

// ---- who is told -----------------------------------------------------------------------------------

const TYPES = ['function', 'mark', 'measure', 'resource'];
const timeline = { mark: [], measure: [], resource: [] };
const observers = new Set();

function ordered(entries) {
  return entries.toSorted((one, other) => one.startTime - other.startTime);
}

export function entriesOf(type) {
  return ordered(type === undefined ? Object.values(timeline).flat() : timeline[type] ?? []);
}

export function clear(type, name) {
  const text = name === undefined ? undefined : `${name}`;
  timeline[type] = name === undefined ? [] : timeline[type].filter((entry) => entry.name !== text);
}

// Keeps an entry, if it is of those that are kept.
export function keep(entry) {
  timeline[entry.entryType]?.push(entry);
}

export function tell(entry) {
  for (const observer of observers) observer.take(entry);
}

export function add(entry) {
  keep(entry);
  tell(entry);
  return entry;
}

export class PerformanceObserverEntryList {
  #entries;

  constructor(own, entries) {
    if (own !== OWN) throw illegal();
    this.#entries = ordered(entries);
  }

  getEntries() { return [...this.#entries]; }

  getEntriesByType(type) {
    if (arguments.length === 0) throw new ERR_MISSING_ARGS('type');
    return this.#entries.filter(({ entryType }) => entryType === `${type}`);
  }

  getEntriesByName(name, type = undefined) {
    if (arguments.length === 0) throw new ERR_MISSING_ARGS('name');
    return this.#entries.filter((entry) => entry.name === `${name}` && (type === undefined || entry.entryType === type));
  }

  [INSPECT](depth, options, inspect) {
    return `PerformanceObserverEntryList ${inspect(this.#entries, options)}`;
  }
}

// What an observer observes and has not been told of yet.
class Observation {
  types = new Set();
  entries = [];
  #isDue = false;

  constructor(tell) {
    this.tell = tell;
  }

  take(entry) {
    if (!this.types.has(entry.entryType)) return;
    this.entries.push(entry);
    if (this.#isDue) return;
    this.#isDue = true;
    globalThis.setImmediate(() => {
      this.#isDue = false;
      const entries = this.entries.splice(0);
      if (entries.length > 0) this.tell(new PerformanceObserverEntryList(OWN, entries));
    });
  }
}

function invalid(message) {
  return coded(TypeError, 'ERR_INVALID_ARG_VALUE', message);
}

export class PerformanceObserver {
  #observation;
  #mode;

  constructor(callback) {
    if (typeof callback !== 'function') throw new ERR_INVALID_ARG_TYPE('callback', 'function', callback);
    this.#observation = new Observation((list) => callback.call(this, list, this));
  }

  observe(options = {}) {
    if (typeof options !== 'object' || options === null) throw new ERR_INVALID_ARG_TYPE('options', 'Object', options);
    const { entryTypes, type, buffered } = options;
    if (entryTypes === undefined && type === undefined) {
      throw new ERR_MISSING_ARGS('options.entryTypes', 'options.type');
    }
    if (entryTypes !== undefined && type !== undefined) {
      throw invalid('options.entryTypes can not set with options.type together');
    }
    const mode = entryTypes === undefined ? 'single' : 'multiple';
    if (this.#mode !== undefined && this.#mode !== mode) {
      throw invalid(`PerformanceObserver can not change to ${mode} observations`);
    }
    if (entryTypes !== undefined && !Array.isArray(entryTypes)) {
      throw new ERR_INVALID_ARG_TYPE('options.entryTypes', 'string[]', entryTypes);
    }
    this.#start(mode, [entryTypes ?? `${type}`].flat().filter((one) => TYPES.includes(one)), buffered);
  }

  #start(mode, types, buffered) {
    if (types.length === 0) return;
    const observation = this.#observation;
    this.#mode = mode;
    observers.add(observation);
    observation.types = mode === 'single' ? new Set([...observation.types, ...types]) : new Set(types);
    if (mode === 'single' && buffered) entriesOf(types[0]).forEach((entry) => observation.take(entry));
  }

  disconnect() {
    observers.delete(this.#observation);
    this.#observation.types.clear();
    this.#observation.entries.length = 0;
    this.#mode = undefined;
  }

  takeRecords() { return this.#observation.entries.splice(0); }

  static get supportedEntryTypes() { return TYPES; }
}
