// How do the web platform's tests run without a window?
//
// As Node.js runs them: in the shell environment of their own harness, with the globals that it asks for, and with
// `fetch` for the files that lie beside a test.
'use strict';

const wpt = '/node/test/fixtures/wpt';

function localFetch(location) {
  return async (address) => {
    const path = new URL(address, location).pathname;
    const file = `${wpt}${path.replace('/resources/WebIDLParser.js', '/resources/webidl2/lib/webidl2.js')}`;
    if (!harness.has(file)) throw new TypeError(`the harness has no file ${path}`);
    return { ok: true, json: async () => JSON.parse(harness.text(file)), text: async () => harness.text(file) };
  };
}

// Where Node.js' runner takes the global object for a window, as the checks of interfaces ask.
const WINDOWS = ['url', 'encoding', 'streams', 'WebCryptoAPI', 'hr-time', 'performance-timeline', 'user-timing'];

// Globals that load themselves when they are touched: here they are what they will be, as in Node.js' runner.
const LAZY = [
  'DOMException', 'Performance', 'PerformanceEntry', 'PerformanceMark', 'PerformanceMeasure', 'PerformanceObserver',
  'PerformanceObserverEntryList', 'PerformanceResourceTiming', 'Blob', 'atob', 'btoa', 'MessageChannel', 'MessagePort',
  'MessageEvent', 'EventTarget', 'Event', 'AbortController', 'AbortSignal', 'performance', 'TransformStream',
  'TransformStreamDefaultController', 'WritableStream', 'WritableStreamDefaultController',
  'WritableStreamDefaultWriter', 'ReadableStream', 'ReadableStreamDefaultReader', 'ReadableStreamBYOBReader',
  'ReadableStreamBYOBRequest', 'ReadableByteStreamController', 'ReadableStreamDefaultController',
  'ByteLengthQueuingStrategy', 'CountQueuingStrategy', 'TextEncoder', 'TextDecoder', 'TextEncoderStream',
  'TextDecoderStream', 'CompressionStream', 'DecompressionStream', 'crypto', 'Crypto', 'CryptoKey', 'SubtleCrypto',
];

function pretendWindow(define) {
  define('Window', Object.getPrototypeOf(globalThis).constructor);
  for (const name of LAZY) void globalThis[name];
}

// `a` and `area` are elements of a page: Node.js' runner leaves them out too.
function withoutElements(path, code) {
  return path.endsWith('/toascii.window.js') ? code.replace('["url", "a", "area"]', '["url"]') : code;
}

// All scripts of a test as one, since scripts see each other's `const`s and what is evaluated by itself is not seen. A
// directive is one only where all of it begins.
function joined(scripts) {
  const isStrict = /^\s*(?:\/\/.*\n\s*|\/\*[^]*?\*\/\s*)*(['"])use strict\1/.test(scripts.at(-1));
  return `${isStrict ? "'use strict'" : ''};${scripts.join('\n;\n')}`;
}

module.exports.web = ({ location, title, scripts, evaluate, report, finish }) => {
  const define = (name, value) => {
    Object.defineProperty(globalThis, name, { value, writable: true, configurable: true, enumerable: true });
  };
  define('self', globalThis);
  define('GLOBAL', { isWindow: () => false, isShadowRealm: () => false });
  define('location', new URL(location));
  define('fetch', localFetch(location));
  if (WINDOWS.some((folder) => scripts.at(-1).startsWith(`/${folder}/`))) pretendWindow(define);
  if (title !== null) define('META_TITLE', title);
  const [testHarness, ...others] = scripts.map((path) => withoutElements(path, harness.text(`${wpt}${path}`)));
  evaluate(testHarness);
  globalThis.add_result_callback(({ name, status, message }) => report('result', { name, status, message }));
  globalThis.add_completion_callback((tests, { status, message }) => {
    report('completion', { status, message });
    finish();
  });
  evaluate(joined(others));
};
