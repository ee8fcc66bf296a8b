// `require('perf_hooks')`: the clock, and marks and measures on it.
import { coded } from 'sandglass:coded';

class PerformanceEntry {
  constructor({ name, entryType, startTime, duration = 0, detail = null }) {
    Object.assign(this, { name, entryType, startTime, duration, detail });
  }

  toJSON() { return { ...this }; }
}

let entries = [];

function add(entry) {
  entries.push(entry);
  return entry;
}

// The time of a mark, or the time itself.
function timeOf(mark) {
  if (typeof mark === 'number') return mark;
  const found = entries.findLast((entry) => entry.entryType === 'mark' && entry.name === mark);
  if (found === undefined) {
    throw coded(SyntaxError, 'ERR_INVALID_PERFORMANCE_MARK', `The "${mark}" performance mark has not been set`);
  }
  return found.startTime;
}

function clear(entryType, name) {
  entries = entries.filter((entry) => entry.entryType !== entryType || (name !== undefined && entry.name !== name));
}

export const performance = {
  get timeOrigin() { return globalThis.performance.timeOrigin; },
  now: () => globalThis.performance.now(),
  mark: (name, { startTime = performance.now(), detail } = {}) => (
    add(new PerformanceEntry({ name: `${name}`, entryType: 'mark', startTime, detail }))
  ),
  measure(name, startOrOptions = 0, end = undefined) {
    const options = typeof startOrOptions === 'object' ? startOrOptions : { start: startOrOptions, end };
    const startTime = timeOf(options.start ?? 0);
    const { duration = timeOf(options.end ?? performance.now()) - startTime, detail } = options;
    return add(new PerformanceEntry({ name: `${name}`, entryType: 'measure', startTime, duration, detail }));
  },
  clearMarks: (name) => clear('mark', name),
  clearMeasures: (name) => clear('measure', name),
  getEntries: () => entries.toSorted((a, b) => a.startTime - b.startTime),
  getEntriesByName: (name, type) => (
    performance.getEntries().filter((entry) => entry.name === name && (type === undefined || entry.entryType === type))
  ),
  getEntriesByType: (type) => performance.getEntries().filter((entry) => entry.entryType === type),
  toJSON: () => ({ timeOrigin: performance.timeOrigin }),
};

export { PerformanceEntry };

export default { PerformanceEntry, performance };
