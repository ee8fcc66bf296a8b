// What `inspect` asks the engine about values.
//
// Takes the place of the crate's own file, which patches `WeakMap`, `Object.setPrototypeOf` and
// `Object.prototype` of the lambda to see more.
import { promiseDetails, proxyDetails } from 'sandglass:native';

export const ALL_PROPERTIES = 0;
export const ONLY_ENUMERABLE = 2;
export const SKIP_SYMBOLS = 16;

const LAST_INDEX = 2 ** 32 - 2;

function isIndex(key) {
  return typeof key === 'string' && /^(0|[1-9]\d{0,9})$/.test(key) && Number(key) <= LAST_INDEX;
}

export function getOwnNonIndexProperties(object, filter) {
  const all = Reflect.ownKeys(object);
  const length = Array.isArray(object) || ArrayBuffer.isView(object) ? object.length : 0;
  // Where none is missing, the indices are the first keys.
  const isFull = length > 0 && all[length - 1] === `${length - 1}`;
  let keys = isFull ? all.slice(length) : all.filter((key) => !isIndex(key));
  if (filter & SKIP_SYMBOLS) keys = keys.filter((key) => typeof key === 'string');
  if (filter & ONLY_ENUMERABLE) keys = keys.filter((key) => Object.prototype.propertyIsEnumerable.call(object, key));
  return keys;
}

export function getConstructorName(value) {
  for (let at = value; at !== null; at = Object.getPrototypeOf(at)) {
    const descriptor = Object.getOwnPropertyDescriptor(at, 'constructor');
    if (typeof descriptor?.value === 'function' && descriptor.value.name !== '') {
      return descriptor.value.name;
    }
  }
  return Array.isArray(value) ? 'Array' : 'Object';
}

export function getPromiseDetails(value) {
  return promiseDetails(value);
}

export function getProxyDetails(value, full = true) {
  const details = proxyDetails(value);
  return details === undefined || full ? details : details[0];
}

// Weak collections keep their contents to themselves.
export function getWeakMapEntries() {
  return [];
}

export function getWeakSetEntries() {
  return [];
}

// The entries that an iterator has left, without taking them from it.
export function previewEntries(iterator, isMap, raw = false) {
  const entries = remaining(iterator);
  if (raw) return entries;
  const pairs = entries.length > 0 && entries.every((entry) => Array.isArray(entry) && entry.length === 2);
  const flat = pairs ? entries.flat() : entries;
  return isMap ? [flat, pairs] : flat;
}

const previews = new WeakMap();

// QuickJS cannot clone an iterator: the first look takes what is left and hands it on from then on.
function remaining(iterator) {
  if (typeof iterator.next !== 'function') return [...iterator];
  if (!previews.has(iterator)) {
    const left = [...iterator];
    previews.set(iterator, left);
    Object.defineProperty(iterator, 'next', {
      value: () => (left.length > 0 ? { value: left.shift(), done: false } : { value: undefined, done: true }),
      configurable: true,
      writable: true,
    });
  }
  return previews.get(iterator).slice();
}
