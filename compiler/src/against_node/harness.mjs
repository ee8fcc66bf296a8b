// What does a lambda do in Node.js under the conditions of an invocation in a sandbox?
//
// Reads one JSON text from standard input: the lambda, its input, the conditions, what its host answered,
// and the engine's own modules. Writes one: how it settled, what it logged and what it asked. There is no
// network: requests are answered from what was recorded, in their order. This is no sandbox.
import { createRequire, register, syncBuiltinESMExports } from 'node:module';
import { basename } from 'node:path';
import process from 'node:process';
import url from 'node:url';
import vm from 'node:vm';

const parts = [];
for await (const part of process.stdin) parts.push(part);
const given = JSON.parse(Buffer.concat(parts).toString());
const require = createRequire(given.beside);
const asked = [];
const logs = [];

// A package that comes with Sandglass and is not there for Node.js ends it: nothing can be said.
function lacking(name) {
  process.stdout.write(JSON.stringify({ missing: name }), () => process.exit(0));
  return new Promise(() => {});
}

// ---- what was exchanged --------------------------------------------------------------------

const left = [...given.exchanges];

// The answer to what is asked: of the recorded exchanges the first that fits best.
function answerTo(importName, what) {
  asked.push({ import: importName, asked: what });
  const fits = [
    (exchange) => exchange.asked.method === what.method && exchange.asked.url === what.url && exchange.asked.key === what.key
      && exchange.asked.lambda === what.lambda,
    () => true,
  ];
  for (const fit of fits) {
    const at = left.findIndex((exchange) => exchange.import === importName && fit(exchange));
    if (at !== -1) return left.splice(at, 1)[0];
  }
  return { answer: NOTHING[importName], atMs: 0 };
}

const NOTHING = {
  httpSend: { error: 'failed', detail: 'the sandbox sent no such request' },
  secretRead: ['not-found', ''],
  secretUpdate: ['not-found', ''],
  lambdaInvoke: { error: 'unavailable', detail: '' },
};

async function exchanged(importName, what) {
  const { answer, atMs } = answerTo(importName, what);
  await reached(atMs);
  return answer ?? new Promise(() => {});
}

const base64 = (bytes) => Buffer.from(bytes ?? []).toString('base64');
const latin1 = (text) => Buffer.from(text, 'latin1').toString('latin1');

async function httpSend({ method, url: to, headers, body }) {
  const answer = await exchanged('httpSend', { method, url: to, headers: headers.map(latin1), body: base64(body) });
  if (answer.error !== undefined) return { ...answer };
  return { ...answer, body: new Uint8Array(Buffer.from(answer.body, 'base64')) };
}

// ---- time ----------------------------------------------------------------------------------

let passed = 0;
let active = 0;
let waiting = [];
const real = { setTimeout, setInterval, setImmediate, clearTimeout, clearInterval, clearImmediate, Date };

function moveTo(time) {
  passed = Math.max(passed, time);
  const woken = waiting;
  waiting = [];
  for (const wake of woken) wake();
}

async function reached(atMs) {
  await new Promise((resolve) => { real.setImmediate(resolve); });
  while (passed < atMs && active > 0) await new Promise((resolve) => { waiting.push(resolve); });
}

const delayOf = (delay) => (Number(delay) >= 1 && Number(delay) <= 2147483647 ? Math.trunc(delay) : 1);
const ended = new WeakSet();

function end(timer) {
  if (timer === null || typeof timer !== 'object' || ended.has(timer)) return;
  ended.add(timer);
  active -= 1;
  moveTo(passed);
}

function timer(start, callback, delay, args, repeats) {
  if (typeof callback !== 'function') return start(callback);
  let due = passed + delay;
  active += 1;
  const started = start(() => {
    if (!repeats) end(started);
    moveTo(due);
    due += delay;
    callback(...args);
  }, delay);
  return started;
}

const timers = {
  setTimeout: (callback, delay, ...args) => timer(real.setTimeout, callback, delayOf(delay), args, false),
  setInterval: (callback, delay, ...args) => timer(real.setInterval, callback, delayOf(delay), args, true),
  setImmediate: (callback, ...args) => timer(real.setTimeout, callback, 1, args, false),
  clearTimeout: (one) => { end(one); real.clearTimeout(one); },
  clearInterval: (one) => { end(one); real.clearInterval(one); },
  clearImmediate: (one) => { end(one); real.clearTimeout(one); },
};
const later = (start) => (delay, value) => new Promise((resolve) => { start(() => resolve(value), delay); });
const promised = { setTimeout: later(timers.setTimeout), setImmediate: (value) => later(timers.setTimeout)(1, value) };
for (const name of ['setTimeout', 'setImmediate']) {
  timers[name][Symbol.for('nodejs.util.promisify.custom')] = promised[name];
}
Object.assign(globalThis, timers);
Object.assign(require('node:timers'), timers);
Object.assign(require('node:timers/promises'), promised);

const now = () => given.conditions.unixMs + Math.floor(passed);
function FixedDate(...args) {
  if (new.target === undefined) return new real.Date(now()).toString();
  return Reflect.construct(real.Date, args.length === 0 ? [now()] : args, new.target === FixedDate ? real.Date : new.target);
}
Object.setPrototypeOf(FixedDate, real.Date);
FixedDate.prototype = real.Date.prototype;
real.Date.prototype.constructor = FixedDate;
Object.defineProperty(FixedDate, 'name', { value: 'Date' });
FixedDate.now = now;
globalThis.Date = FixedDate;
let origin;
const elapsed = () => {
  origin ??= passed - 0.001;
  return passed - origin;
};
Object.defineProperty(performance, 'now', { value: elapsed });

// ---- chance --------------------------------------------------------------------------------

const crypto = require('node:crypto');
const { createCipheriv, createHash, createHmac } = crypto;
let seed = Buffer.from(given.conditions.seed);

function draw() {
  seed = createHash('sha256').update(seed).digest();
  return seed.subarray(0, 8);
}

// As the engine: what is small eight bytes at a time, more as a stream of ChaCha20 under a key.
function randomBytes(size) {
  if (size > 64) {
    return createCipheriv('chacha20', randomBytes(32), Buffer.alloc(16)).update(Buffer.alloc(size));
  }
  return Buffer.concat(Array.from({ length: Math.ceil(size / 8) }, draw)).subarray(0, size);
}

// WyRand, as the engine seeds and steps it.
let state;
const MASK = (1n << 64n) - 1n;
function step() {
  state ??= draw().readBigUInt64LE();
  state = (state + 0x2d358dccaa6c78a5n) & MASK;
  const product = state * (state ^ 0x8bb84b93962eacc9n);
  return (product & MASK) ^ (product >> 64n);
}
Math.random = () => {
  for (;;) {
    const value = Number(step() >> 1n) / 2 ** 63;
    if (value < 1) return value;
  }
};

function fill(view, offset = 0, length = undefined) {
  const bytes = view.buffer === undefined ? new Uint8Array(view) : new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
  const part = bytes.subarray(offset, length === undefined ? undefined : offset + length);
  part.set(randomBytes(part.length));
  return view;
}

function randomUUID() {
  const bytes = randomBytes(16);
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

function randomInt(min, max) {
  const span = max - min;
  const limit = 2 ** 48 - (2 ** 48 % span);
  for (;;) {
    const value = randomBytes(6).readUIntBE(0, 6);
    if (value < limit) return min + (value % span);
  }
}

// The same with a callback behind its arguments.
const either = (work) => (...args) => {
  if (typeof args.at(-1) !== 'function') return work(...args);
  const callback = args.pop();
  const value = work(...args);
  process.nextTick(callback, null, value);
  return undefined;
};
Object.assign(crypto, {
  randomBytes: either(randomBytes),
  randomFillSync: fill,
  randomFill: either(fill),
  randomInt: either((min, max) => (max === undefined ? randomInt(0, min) : randomInt(min, max))),
  randomUUID,
});
Object.defineProperties(globalThis.crypto, { getRandomValues: { value: (view) => fill(view) }, randomUUID: { value: randomUUID } });

// ---- the network, which is not there -------------------------------------------------------

const refuse = () => {
  throw Object.assign(new Error('there is no network in a comparison'), { code: 'ENETUNREACH' });
};
require('node:net').Socket.prototype.connect = refuse;
require('node:dgram').createSocket = refuse;
require('node:tls').connect = refuse;

const { Duplex } = require('node:stream');
const http = require('node:http');

// The codes that Node.js gives to what the host refused.
const CODES = { 'dns-failed': 'ENOTFOUND', 'timed-out': 'ETIMEDOUT' };
function failed({ error, detail }) {
  const code = CODES[error] ?? /^E[A-Z]+/.exec(detail)?.[0] ?? error;
  return Object.assign(new Error(`${code} ${detail}`), { code });
}

// What a lambda gets from a host that it may not reach.
function received(answer) {
  if (answer.error !== 'host-not-allowed' && answer.error !== 'address-refused') return answer;
  const { forbidden } = registry.get('sandglass:toolbelt/response');
  const { body, ...rest } = forbidden(answer);
  return { ...rest, body: Buffer.from(body) };
}

// A connection that answers from what was recorded; Node.js's own client speaks through it.
class Recorded extends Duplex {
  constructor(scheme, { host, port }) {
    super();
    const standard = scheme === 'https:' ? 443 : 80;
    this.origin = `${scheme}//${host}${Number(port ?? standard) === standard ? '' : `:${port}`}`;
    this.received = Buffer.alloc(0);
  }

  setTimeout() { return this; }
  setNoDelay() { return this; }
  setKeepAlive() { return this; }
  ref() { return this; }
  unref() { return this; }
  _read() {}

  _write(chunk, encoding, done) {
    this.received = Buffer.concat([this.received, chunk]);
    done();
    const request = parsed(this.received);
    if (request === undefined) return;
    this.received = Buffer.alloc(0);
    const { method, path, headers, body } = request;
    httpSend({ method, url: this.origin + path, headers, body }).then(received).then((answer) => {
      if (answer.error !== undefined) this.destroy(failed(answer));
      else this.push(spoken(answer, method));
    });
  }
}

// A whole request, or nothing as long as it is not.
function parsed(bytes) {
  const split = bytes.indexOf('\r\n\r\n');
  if (split === -1) return undefined;
  const [first, ...lines] = bytes.subarray(0, split).toString('latin1').split('\r\n');
  const headers = lines.flatMap((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim()]);
  const header = (name) => headers[headers.findIndex((text, at) => at % 2 === 0 && text.toLowerCase() === name) + 1];
  const has = (name) => headers.some((text, at) => at % 2 === 0 && text.toLowerCase() === name);
  let body = bytes.subarray(split + 4);
  if (has('transfer-encoding')) {
    body = unchunked(body);
    if (body === undefined) return undefined;
  } else if (has('content-length') && body.length < Number(header('content-length'))) {
    return undefined;
  }
  const [method, path] = first.split(' ');
  return { method, path, headers, body };
}

function unchunked(bytes) {
  const parts = [];
  let rest = bytes;
  for (;;) {
    const line = rest.indexOf('\r\n');
    if (line === -1) return undefined;
    const size = Number.parseInt(rest.subarray(0, line).toString(), 16);
    if (rest.length < line + 4 + size) return undefined;
    if (size === 0) return Buffer.concat(parts);
    parts.push(rest.subarray(line + 2, line + 2 + size));
    rest = rest.subarray(line + 4 + size);
  }
}

// An answer as it would be on the wire.
function spoken({ status, reason, headers, body }, method) {
  const lines = [`HTTP/1.1 ${status} ${reason}`];
  for (let at = 0; at < headers.length; at += 2) {
    if (!/^(transfer-encoding|content-length|connection)$/i.test(headers[at])) lines.push(`${headers[at]}: ${headers[at + 1]}`);
  }
  const hasBody = method !== 'HEAD' && status !== 204 && status !== 304;
  if (hasBody) lines.push(`content-length: ${body.length}`);
  lines.push('', '');
  return Buffer.concat([Buffer.from(lines.join('\r\n'), 'latin1'), hasBody ? body : Buffer.alloc(0)]);
}

http.Agent.prototype.createConnection = (options) => new Recorded('http:', options);
require('node:https').Agent.prototype.createConnection = (options) => new Recorded('https:', options);

// What Node.js's `fetch` sends through.
const dispatcher = {
  dispatch({ origin: from, path, method, headers, body }, handler) {
    const run = async () => {
      const parts = [];
      for await (const part of body ?? []) parts.push(Buffer.from(part));
      handler.onConnect(() => {});
      const flat = Array.isArray(headers) ? headers.map(String) : Object.entries(headers ?? {}).flat().map(String);
      const answer = received(await httpSend({ method, url: `${from}${path}`, headers: flat, body: Buffer.concat(parts) }));
      if (answer.error !== undefined) throw failed(answer);
      const raw = answer.headers.map((text) => Buffer.from(text, 'latin1'));
      const kept = raw.filter((text, at) => !/^content-encoding$/i.test(String(raw[at - (at % 2)])));
      handler.onHeaders(answer.status, kept, () => {}, answer.reason);
      handler.onData(Buffer.from(answer.body));
      handler.onComplete([]);
    };
    run().catch((error) => handler.onError(error));
    return true;
  },
  close: async () => {},
  destroy: async () => {},
};
await fetch('data:,');
globalThis[Symbol.for('undici.globalDispatcher.1')] = dispatcher;
// ESM imports of these modules see what was put in place, too.
syncBuiltinESMExports();

// ---- the toolbelt, from the engine's own sources -------------------------------------------

const registry = new Map();
const bytesOf = (view) => Buffer.from(view.buffer, view.byteOffset, view.byteLength);
const flatten = (headers) => [...headers].flat();
function namespace(name) {
  if (!registry.has(name) && name === 'sandglass:toolbelt/sf_client') return lacking('jsforce');
  return registry.get(name) ?? { ...require(name), default: require(name) };
}
const native = {
  base64Decode: (text) => new Uint8Array(Buffer.from(text.split('=')[0], 'base64')),
  base64Encode: (view, urlSafe) => bytesOf(view).toString(urlSafe ? 'base64url' : 'base64'),
  digest: (name, view) => new Uint8Array(createHash(name).update(view).digest()),
  domainToASCII: (domain) => url.domainToASCII(domain),
  formParse: (text) => [...new URLSearchParams(text)].flat(),
  hexEncode: (view) => bytesOf(view).toString('hex'),
  hmac: (name, key, view) => new Uint8Array(createHmac(name, key).update(view).digest()),
  httpSend,
  lambdaInvoke: (lambda, input) => exchanged('lambdaInvoke', { lambda, input }),
  namespace,
  randomFill: (size) => new Uint8Array(randomBytes(size)),
  secretRead: (key) => exchanged('secretRead', { key }),
  secretUpdate: (key, value) => exchanged('secretUpdate', { key, value }),
  urlParse: (input, base) => (URL.canParse(input, base) ? new URL(input, base) : undefined),
  utf8Decode: (view, start, stop) => bytesOf(view).subarray(start, stop).toString('utf8'),
  utf8Encode: (text) => new Uint8Array(Buffer.from(text)),
};
const web = {
  'sandglass:body': { takeBody: async (body) => (body === null ? undefined : new Uint8Array(await new Response(body).arrayBuffer())) },
  'sandglass:headers': { Headers, sentHeaders: flatten },
  'sandglass:response': {
    Response,
    receivedResponse({ status, reason, headers, body }, { url: from }) {
      const pairs = headers.flatMap((name, at) => (at % 2 === 0 ? [[name, headers[at + 1]]] : []));
      const response = new Response([204, 304].includes(status) ? null : body, { status, statusText: reason, headers: pairs });
      return Object.defineProperty(response, 'url', { value: from });
    },
  },
  'sandglass:native': native,
};
const files = given.code.includes('fs') ? ownFiles(given.files ?? {}, require) : {};
const modules = { ...given.modules, ...asModules({ ...web, ...files }), 'sandglass:lambda': given.code };
const hooks = `
  let modules, beside;
  export async function initialize(data) { ({ modules, beside } = data); }
  const url = (name) => 'sandglass:' + encodeURIComponent(name);
  export async function resolve(specifier, context, next) {
    const name = specifier.replace(/^node:/, '');
    if (Object.hasOwn(modules, name)) return { url: url(name), shortCircuit: true };
    return next(specifier, { ...context, parentURL: beside });
  }
  export async function load(from, context, next) {
    if (!from.startsWith('sandglass:')) return next(from, context);
    return { format: 'module', source: modules[decodeURIComponent(from.slice(10))], shortCircuit: true };
  }`;
register(`data:text/javascript,${encodeURIComponent(hooks)}`, { data: { modules, beside: url.pathToFileURL(given.beside).href } });
for (const name of Object.keys(given.modules)) {
  try {
    registry.set(name, await import(name));
  } catch {
    // It stands on a package that is not installed here: who uses it is told.
  }
}

// ---- the lambda ----------------------------------------------------------------------------

const LEVELS = ['Debug', 'Info', 'Warn', 'Error'];
const host = {
  log: (level, message, extras) => { logs.push({ level: LEVELS[level], message, extras: JSON.parse(extras) }); },
  now: elapsed,
  random: Math.random,
  namespace: () => ({}),
  require,
  startTimer: () => 0,
  stopTimer() {},
};

// The engine's own console and its rules of failing; all other globals stay those of Node.js.
const before = new Map(Reflect.ownKeys(globalThis).map((name) => [name, Object.getOwnPropertyDescriptor(globalThis, name)]));
const { random } = Math;
const prelude = (0, eval)(given.prelude)(host);
const { console: ours } = globalThis;
for (const name of Reflect.ownKeys(globalThis)) {
  if (before.has(name)) Object.defineProperty(globalThis, name, before.get(name));
  else delete globalThis[name];
}
Math.random = random;
// Setting it went through an accessor that stays.
globalThis.process = process;
Object.defineProperty(globalThis, 'console', { value: ours, configurable: true, writable: true });

const clean = Object.fromEntries(Object.entries(given.environment));
process.env = clean;
let outcome;
function settle(how) {
  if (outcome !== undefined) return;
  outcome = how;
  real.setImmediate(finish);
}
function finish() {
  process.stdout.write(JSON.stringify({ outcome, logs, asked }), () => process.exit(0));
}
const protocol = (0, eval)(given.protocol)({
  succeed(result) { settle({ returned: JSON.stringify(result) ?? null }); },
  fail(crash, name, message) {
    if (name !== '') logs.push({ level: 'Error', message: `Received Error - ${message}`, extras: [] });
    settle({ threw: { kind: crash ? 'runtime_error' : 'custom', name, message } });
  },
  onUncaught(report) {
    process.on('uncaughtException', report);
    process.on('unhandledRejection', report);
  },
}, prelude);
process.on('beforeExit', () => {
  settle({ threw: { kind: 'unfinished', name: '', message: '' } });
});

// The toolbelt comes from the engine.
function requires(name) {
  const plain = String(name).replace(/^node:/, '');
  if (registry.has(name) || Object.hasOwn(files, plain)) return registry.get(name) ?? files[plain];
  try {
    return require(name);
  } catch (error) {
    if (error.code === 'MODULE_NOT_FOUND' && given.packages.includes(name)) lacking(name);
    throw error;
  }
}

function evaluated() {
  const module = { exports: {} };
  const names = ['exports', 'require', 'module', '__filename', '__dirname'];
  const found = "\n;return typeof lambda === 'function' ? lambda : undefined;";
  const run = vm.compileFunction(given.code + found, names, { filename: basename(given.fileName) });
  const declared = run.call(module.exports, module.exports, requires, module, given.fileName, '/');
  const { exports } = module;
  return { default: typeof exports === 'function' ? exports : exports.default ?? exports.lambda ?? declared };
}

// The same for what a module imports.
function failing(error) {
  const name = /^Cannot find package '([^']+)'/.exec(error.message)?.[1];
  if (given.packages.includes(name)) return lacking(name);
  throw error;
}

// What a module was bundled with asks for the engine's modules by a global.
if (given.module) globalThis.require = requires;
const exported = given.module ? await import('sandglass:lambda').catch(failing) : evaluated();
if (protocol.resolve(exported, given.takesCallback ?? undefined)) protocol.invoke(JSON.parse(given.input));
else settle({ threw: { kind: 'runtime_error', name: 'Error', message: 'there is no lambda' } });
