// What do Node.js' tests find in `common`?
//
// The same names as Node.js' own `test/common/index.js`, as far as a sandbox has what is behind them: the checks that
// count calls, and what a test asks of the platform. What needs another process or a socket is not here.
'use strict';

const assert = require('assert');
const { process } = globalThis;

const noop = () => {};
const inspect = (...args) => require('util').inspect(...args);

// ---- calls that must happen ------------------------------------------------------------------

const checks = [];

function runCallChecks(exitCode) {
  if (exitCode !== 0) return;
  for (const { name, exact, minimum, actual, where } of checks) {
    const holds = exact === undefined ? actual >= minimum : actual === exact;
    const expected = exact === undefined ? `at least ${minimum}` : `exactly ${exact}`;
    if (!holds) harness.problem(`Mismatched ${name} function calls. Expected ${expected}, actual ${actual}.\n${where}`);
  }
}

const isTests = (line) => line.includes('<') || line.includes('/test/');

function callSite() {
  const lines = (new Error().stack ?? '').split('\n');
  return lines.slice(3).filter(isTests).slice(0, 3).join('\n');
}

function mustCallInner(fn, criteria = 1, field) {
  if (process._exiting) throw new Error('Cannot use common.mustCall*() in process exit handler');
  if (typeof fn === 'number') [criteria, fn] = [fn, noop];
  else if (fn === undefined) fn = noop;
  if (typeof criteria !== 'number') throw new TypeError(`Invalid ${field} value: ${criteria}`);
  const check = { [field]: criteria, actual: 0, name: fn.name || '<anonymous>', where: callSite() };
  if (checks.length === 0) process.on('exit', runCallChecks);
  checks.push(check);
  const counted = function() {
    check.actual++;
    return fn.apply(this, arguments);
  };
  Object.defineProperties(counted, {
    name: { value: fn.name, writable: false, enumerable: false, configurable: true },
    length: { value: fn.length, writable: false, enumerable: false, configurable: true },
  });
  return counted;
}

const mustCall = (fn, exact) => mustCallInner(fn, exact, 'exact');
const mustCallAtLeast = (fn, minimum) => mustCallInner(fn, minimum, 'minimum');

function mustSucceed(fn, exact) {
  return mustCall(function(error, ...args) {
    assert.ifError(error);
    return typeof fn === 'function' ? fn.apply(this, args) : undefined;
  }, exact);
}

function mustNotCall(message) {
  const where = callSite();
  return function mustNotCall(...args) {
    const called = args.length > 0 ? `\ncalled with arguments: ${args.map((arg) => inspect(arg)).join(', ')}` : '';
    assert.fail(`${message || 'function should not have been called'} at ${where}${called}`);
  };
}

// ---- objects that must stay as they are ------------------------------------------------------

const guarded = new WeakMap();

function mustNotMutateObjectDeep(original) {
  if (original === null || typeof original !== 'object') return original;
  const known = guarded.get(original);
  if (known) return known;
  const refuse = (what) => assert.fail(`Expected no side effects, got ${what}`);
  const proxy = new Proxy(original, {
    __proto__: null,
    defineProperty: (target, property) => refuse(`${inspect(property)} defined`),
    deleteProperty: (target, property) => refuse(`${inspect(property)} deleted`),
    get: (target, property, receiver) => mustNotMutateObjectDeep(Reflect.get(target, property, receiver)),
    preventExtensions: (target) => refuse(`extensions prevented on ${inspect(target)}`),
    set: (target, property, value) => refuse(`${inspect(value)} assigned to ${inspect(property)}`),
    setPrototypeOf: (target, prototype) => refuse(`set prototype to ${prototype}`),
  });
  guarded.set(original, proxy);
  return proxy;
}

// ---- warnings and errors ---------------------------------------------------------------------

let catchWarning;

function warningCheck(name, expected, code) {
  if (typeof expected === 'string') expected = [[expected, code]];
  else if (!Array.isArray(expected)) expected = Object.entries(expected).map(([a, b]) => [b, a]);
  else if (expected.length !== 0 && !Array.isArray(expected[0])) expected = [[expected[0], expected[1]]];
  if (name === 'DeprecationWarning') {
    expected.forEach(([, code]) => assert(code, `Missing deprecation code: ${expected}`));
  }
  return mustCall((warning) => {
    const next = expected.shift();
    if (!next) assert.fail(`Unexpected extra warning received: ${warning}`);
    const [message, code] = next;
    assert.strictEqual(warning.name, name);
    if (typeof message === 'string') assert.strictEqual(warning.message, message);
    else assert.match(warning.message, message);
    assert.strictEqual(warning.code, code);
  }, expected.length);
}

function expectWarning(nameOrMap, expected, code) {
  if (catchWarning === undefined) {
    catchWarning = {};
    process.on('warning', (warning) => {
      if (!catchWarning[warning.name]) {
        throw new TypeError(`"${warning.name}" was triggered without being expected.\n${inspect(warning)}`);
      }
      catchWarning[warning.name](warning);
    });
  }
  const map = typeof nameOrMap === 'string' ? { [nameOrMap]: expected } : nameOrMap;
  for (const name of Object.keys(map)) catchWarning[name] = warningCheck(name, map[name], code);
}

function expectsError(validator, exact) {
  return mustCall((...args) => {
    if (args.length !== 1) assert.fail(`Expected one argument, got ${inspect(args)}`);
    const [error] = args;
    assert.strictEqual(Object.prototype.propertyIsEnumerable.call(error, 'message'), false);
    assert.throws(() => { throw error; }, validator);
    return true;
  }, exact);
}

function invalidArgTypeHelper(input) {
  if (input == null) return ` Received ${input}`;
  if (typeof input === 'function') return ` Received function ${input.name}`;
  if (typeof input === 'object') {
    if (input.constructor?.name) return ` Received an instance of ${input.constructor.name}`;
    return ` Received ${inspect(input, { depth: -1 })}`;
  }
  let inspected = inspect(input, { colors: false });
  if (inspected.length > 28) inspected = `${inspected.slice(inspected, 0, 25)}...`;
  return ` Received type ${typeof input} (${inspected})`;
}

function getCallSite() {
  return callSite().split('\n')[0];
}

// ---- data ------------------------------------------------------------------------------------

const VIEWS = [
  Int8Array, Uint8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array, Uint32Array, Float32Array,
  Float64Array, BigInt64Array, BigUint64Array, DataView,
];

function getArrayBufferViews({ buffer, byteOffset, byteLength }) {
  const fitting = VIEWS.filter(({ BYTES_PER_ELEMENT = 1 }) => byteLength % BYTES_PER_ELEMENT === 0);
  return fitting.map((View) => new View(buffer, byteOffset, byteLength / (View.BYTES_PER_ELEMENT ?? 1)));
}

const getBufferSources = (buffer) => [...getArrayBufferViews(buffer), new Uint8Array(buffer).buffer];

// ---- the platform ----------------------------------------------------------------------------

function skip(message) {
  harness.skip(message);
}

function skipIf32Bits() {
  skip('The tested feature is not available in 32bit builds');
}

const common = {
  PIPE: '/node/test/.tmp.0/node-test.sock',
  allowGlobals: noop,
  bits: 32,
  buildType: 'Release',
  canCreateSymLink: () => false,
  defaultAutoSelectFamilyAttemptTimeout: 2500,
  enoughTestMem: false,
  expectWarning,
  expectsError,
  getArrayBufferViews,
  getBufferSources,
  getCallSite,
  hasCrypto: true,
  hasFipsCrypto: false,
  hasIPv6: false,
  hasIntl: true,
  hasMultiLocalhost: () => false,
  hasOpenSSL: (major) => major <= 3,
  hasOpenSSL3: true,
  hasOpenSSL31: false,
  hasQuic: false,
  inFreeBSDJail: false,
  invalidArgTypeHelper,
  isAIX: false,
  isASan: false,
  isDumbTerminal: false,
  isFreeBSD: false,
  isIBMi: false,
  isLinux: true,
  isLinuxPPCBE: false,
  isMacOS: false,
  isMainThread: true,
  isOpenBSD: false,
  isPi: false,
  isSunOS: false,
  isWindows: false,
  localIPv6Hosts: ['localhost'],
  localhostIPv4: '127.0.0.1',
  mustCall,
  mustCallAtLeast,
  mustNotCall,
  mustNotMutateObjectDeep,
  mustSucceed,
  opensslCli: false,
  parseTestFlags: () => [],
  platformTimeout: (milliseconds) => milliseconds,
  printSkipMessage: (message) => console.log(`1..0 # Skipped: ${message}`),
  requireNoPackageJSONAbove: noop,
  runWithInvalidFD: (call) => call(1 << 30),
  skip,
  skipIf32Bits,
  skipIfDumbTerminal: noop,
  skipIfInspectorDisabled: () => skip('V8 inspector is disabled'),
  skipIfWorker: noop,
};

// As in Node.js, a name that is not there is a mistake of the test, or here of this shim.
module.exports = new Proxy(common, {
  get(target, name) {
    if (typeof name === 'string' && !Object.hasOwn(target, name)) {
      throw new Error(`the harness's common has no '${name}'`);
    }
    return target[name];
  },
});
