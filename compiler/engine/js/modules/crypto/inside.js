// What Node.js's own files of cryptography need of Node.js's inside, as far as they need it.
import { namespace } from 'sandglass:native';
import { codes, hideStackFrames } from 'sandglass:crypto/errors';
import { DOMException } from 'sandglass:dom_exception';

const ENCODINGS = ['ascii', 'latin1', 'utf16le', 'utf8', 'base64', 'base64url', 'hex', 'buffer'];
const ALIASES = { 'utf-8': 'utf8', ucs2: 'utf16le', 'ucs-2': 'utf16le', 'utf-16le': 'utf16le', binary: 'latin1' };

function normalizeEncoding(encoding) {
  if (encoding == null || encoding === 'utf8' || encoding === '') return 'utf8';
  if (typeof encoding !== 'string') return undefined;
  const name = encoding.toLowerCase();
  if (ENCODINGS.includes(name) && name !== 'buffer') return name;
  return ALIASES[name];
}

function cachedResult(compute) {
  let result;
  return () => {
    result ??= compute();
    return result.slice();
  };
}

// Names that differ in their case only are one; the one in small letters stays.
function filterDuplicateStrings(items, low) {
  const names = new Map();
  for (const item of items) {
    const key = item.toLowerCase();
    if (low) names.set(key, key);
    else if (!names.has(key) || item === key) names.set(key, item);
  }
  return [...names.values()].sort();
}

const CUSTOM_ARGUMENTS = Symbol.for('nodejs.util.promisify.customArgs');
const warned = new Set();

function warnOnce(key, warn) {
  if (warned.has(key)) return;
  warned.add(key);
  warn();
}

function deprecate(fn, message, code) {
  return function deprecated(...args) {
    warnOnce(code, () => globalThis.process.emitWarning(message, 'DeprecationWarning', code));
    return new.target ? Reflect.construct(fn, args, new.target) : Reflect.apply(fn, this, args);
  };
}

function promisify(original) {
  const names = original[CUSTOM_ARGUMENTS];
  return (...args) => new Promise((resolve, reject) => {
    original(...args, (error, ...values) => {
      if (error) reject(error);
      else if (names === undefined || values.length < 2) resolve(values[0]);
      else resolve(Object.fromEntries(names.map((name, at) => [name, values[at]])));
    });
  });
}

const util = {
  assertCrypto() {},
  cachedResult,
  createDeferredPromise: () => Promise.withResolvers(),
  customInspectSymbol: Symbol.for('nodejs.util.inspect.custom'),
  customPromisifyArgs: CUSTOM_ARGUMENTS,
  deprecate,
  emitExperimentalWarning() {},
  encodingsMap: Object.fromEntries(ENCODINGS.map((name, at) => [name, at])),
  filterDuplicateStrings,
  kEmptyObject: Object.freeze({ __proto__: null }),
  kEnumerableProperty: { __proto__: null, enumerable: true },
  lazyDOMException: (message, name) => new DOMException(message, name),
  normalizeEncoding,
  promisify,
  setOwnProperty: (target, name, value) => Object.defineProperty(
    target, name, { value, writable: true, configurable: true, enumerable: true }),
  getLazy: (make) => {
    let made;
    return () => (made ??= make());
  },
};

class JSTransferable {}

export const inside = {
  'internal/assert': (value, message) => { if (!value) throw new Error(message); },
  get 'internal/buffer'() { return { FastBuffer: namespace('sandglass:crypto/bytes').FastBuffer }; },
  'internal/errors': { codes, hideStackFrames },
  'internal/options': { getOptionValue: () => false },
  get 'internal/streams/lazy_transform'() { return namespace('sandglass:crypto/lazy_transform').LazyTransform; },
  'internal/util': util,
  'internal/util/inspect': {
    inspect: (...args) => namespace('__wasm_rquickjs_builtin/internal/util/inspect').inspect(...args),
  },
  'internal/v8/startup_snapshot': { namespace: { isBuildingSnapshot: () => false, addSerializeCallback() {} } },
  'internal/worker': { ownsProcessState: true },
  'internal/worker/js_transferable': {
    JSTransferable,
    kClone: Symbol('clone'),
    kDeserialize: Symbol('deserialize'),
    makeTransferable: (object) => object,
  },
  get '_tls_common'() { return { translatePeerCertificate: (certificate) => certificate }; },
};
