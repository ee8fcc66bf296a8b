// `require('perf_hooks')`: the clock, marks and measures on it, and who is told of them. The prelude makes the
// clock; here it learns the rest of Node.js's.
import { coded } from 'sandglass:coded';
import { ERR_INVALID_ARG_TYPE, ERR_MISSING_ARGS } from '__wasm_rquickjs_builtin/internal/errors';
import {
  add, callOf, clear, entriesOf, measureOf, PerformanceEntry, PerformanceMark, PerformanceMeasure, PerformanceObserver,
  PerformanceObserverEntryList,
} from 'sandglass:perf/entries';
import { createHistogram, isHistogram, monitorEventLoopDelay } from 'sandglass:perf/histogram';
import { namespace } from 'sandglass:native';

export const { performance } = globalThis;
const { now } = performance;

// What happened before the lambda ran is in its image.
const MILESTONES = ['nodeStart', 'v8Start', 'environment', 'bootstrapComplete', 'loopStart'];
const nodeTiming = {
  name: 'node', entryType: 'node', startTime: 0, get duration() { return now(); },
  nodeStart: 0, v8Start: 0, environment: 0, bootstrapComplete: 0, loopStart: 0, loopExit: -1, idleTime: 0,
  toJSON() { return { ...this }; },
};

// The time of a mark or a milestone, or the time itself.
function timeOf(mark) {
  if (typeof mark === 'number') {
    if (mark >= 0) return mark;
    throw coded(TypeError, 'ERR_PERFORMANCE_INVALID_TIMESTAMP', `${mark} is not a valid timestamp`);
  }
  const name = `${mark}`;
  if (MILESTONES.includes(name)) return nodeTiming[name];
  const found = entriesOf('mark').findLast((entry) => entry.name === name);
  if (found !== undefined) return found.startTime;
  const { DOMException } = globalThis;
  const error = new DOMException(`The "${name}" performance mark has not been set`, 'SyntaxError');
  Object.defineProperty(error, 'code', { value: 12 });
  throw error;
}

function measured(start, end, duration) {
  const last = end !== undefined ? timeOf(end)
    : start !== undefined && duration !== undefined ? timeOf(start) + duration : now();
  const first = start !== undefined ? timeOf(start) : end !== undefined && duration !== undefined ? last - duration : 0;
  return [first, last - first];
}

function checkOptions({ start, end, duration }, endMark) {
  if (endMark !== undefined) {
    throw coded(TypeError, 'ERR_PERFORMANCE_MEASURE_INVALID_OPTIONS', 'endMark must not be specified');
  }
  if (start === undefined && end === undefined) {
    throw coded(TypeError, 'ERR_PERFORMANCE_MEASURE_INVALID_OPTIONS', 'One of options.start or options.end is required');
  }
  if (start !== undefined && end !== undefined && duration !== undefined) {
    throw coded(TypeError, 'ERR_PERFORMANCE_MEASURE_INVALID_OPTIONS',
      'Must not have options.start, options.end, and options.duration specified');
  }
}

function checkedCall(fn, options) {
  if (typeof fn !== 'function') throw new ERR_INVALID_ARG_TYPE('fn', 'function', fn);
  if (typeof options !== 'object' || options === null) throw new ERR_INVALID_ARG_TYPE('options', 'Object', options);
  const { histogram } = options;
  if (histogram !== undefined && !isHistogram(histogram)) {
    throw new ERR_INVALID_ARG_TYPE('options.histogram', 'RecordableHistogram', histogram);
  }
  return histogram;
}

function timerify(fn, options = {}) {
  const histogram = checkedCall(fn, options);
  function report(start, args) {
    const duration = now() - start;
    histogram?.record(Math.ceil(duration * 1e6) || 1);
    add(callOf(fn.name, start, duration, args));
  }
  function timerified(...args) {
    const start = now();
    const result = new.target === undefined ? Reflect.apply(fn, this, args) : Reflect.construct(fn, args, fn);
    if (new.target === undefined && typeof result?.finally === 'function') return result.finally(() => report(start, args));
    report(start, args);
    return result;
  }
  return Object.defineProperties(timerified, {
    length: { value: fn.length, configurable: true },
    name: { value: `timerified ${fn.name}`, configurable: true },
  });
}

// As V8 says it.
function text(name) {
  if (typeof name === 'symbol') throw new TypeError('Cannot convert a Symbol value to a string');
  return `${name}`;
}

// Few ask for them.
const resources = () => namespace('sandglass:perf/resources');

const idle = { idle: 0, active: 0, utilization: 0 };

export class Performance {
  constructor() { throw coded(TypeError, 'ERR_ILLEGAL_CONSTRUCTOR', 'Illegal constructor'); }
}

// The prelude made the clock, which is no target of events by itself: another listens for it.
const { EventTarget } = namespace('sandglass:events');
const target = new EventTarget();

const methods = {
  addEventListener: (...args) => target.addEventListener(...args),
  removeEventListener: (...args) => target.removeEventListener(...args),
  dispatchEvent: (event) => target.dispatchEvent(event),
  clearMarks(name) { clear('mark', name === undefined ? undefined : text(name)); },
  clearMeasures(name) { clear('measure', name === undefined ? undefined : text(name)); },
  clearResourceTimings(name) { clear('resource', name === undefined ? undefined : text(name)); },
  eventLoopUtilization: () => ({ ...idle }),
  getEntries: () => entriesOf(),
  getEntriesByName(name, type = undefined) {
    if (arguments.length === 0) throw new ERR_MISSING_ARGS('name');
    return entriesOf(type).filter((entry) => entry.name === `${name}`);
  },
  getEntriesByType(type) {
    if (arguments.length === 0) throw new ERR_MISSING_ARGS('type');
    return entriesOf(`${type}`);
  },
  mark(name, options = undefined) { return add(new PerformanceMark(text(name), options)); },
  measure(name, startOrOptions = undefined, endMark = undefined) {
    if (arguments.length === 0) throw new ERR_MISSING_ARGS('name');
    const isOptions = typeof startOrOptions === 'object' && startOrOptions !== null;
    const options = isOptions ? startOrOptions : { start: startOrOptions, end: endMark };
    if (isOptions && Object.keys(options).some((key) => key !== 'detail')) checkOptions(options, endMark);
    const [start, duration] = measured(options.start, options.end, options.duration);
    return add(measureOf(name, start, duration, options.detail));
  },
  markResourceTiming: (...args) => resources().mark(...args),
  setResourceTimingBufferSize(size) {
    if (arguments.length === 0) throw new ERR_MISSING_ARGS('maxSize');
    resources().setBufferSize(size >>> 0);
  },
  timerify,
  toJSON() {
    return { nodeTiming, timeOrigin: performance.timeOrigin, eventLoopUtilization: { ...idle } };
  },
};

Object.defineProperties(performance, Object.fromEntries(Object.entries({ ...methods, nodeTiming }).map(
  ([name, value]) => [name, { value, writable: true, enumerable: true, configurable: true }])));
Object.setPrototypeOf(Performance.prototype, EventTarget.prototype);
Object.setPrototypeOf(performance, Object.defineProperty(Performance.prototype, Symbol.toStringTag, {
  value: 'Performance', configurable: true,
}));

export const constants = {
  NODE_PERFORMANCE_GC_MAJOR: 4, NODE_PERFORMANCE_GC_MINOR: 1, NODE_PERFORMANCE_GC_INCREMENTAL: 8,
  NODE_PERFORMANCE_GC_WEAKCB: 16, NODE_PERFORMANCE_GC_FLAGS_NO: 0, NODE_PERFORMANCE_GC_FLAGS_CONSTRUCT_RETAINED: 2,
  NODE_PERFORMANCE_GC_FLAGS_FORCED: 4, NODE_PERFORMANCE_GC_FLAGS_SYNCHRONOUS_PHANTOM_PROCESSING: 8,
  NODE_PERFORMANCE_GC_FLAGS_ALL_AVAILABLE_GARBAGE: 16, NODE_PERFORMANCE_GC_FLAGS_ALL_EXTERNAL_MEMORY: 32,
  NODE_PERFORMANCE_GC_FLAGS_SCHEDULE_IDLE: 64,
};

export {
  createHistogram, monitorEventLoopDelay, PerformanceEntry, PerformanceMark, PerformanceMeasure, PerformanceObserver,
  PerformanceObserverEntryList,
};
export default {
  constants, createHistogram, monitorEventLoopDelay, Performance, performance, PerformanceEntry, PerformanceMark,
  PerformanceMeasure, PerformanceObserver, PerformanceObserverEntryList,
  get PerformanceResourceTiming() { return resources().PerformanceResourceTiming; },
};
