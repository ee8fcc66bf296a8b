// How do tests run that are written for `node:test`?
//
// In their order, one after the other; the first that fails, fails the file. Of Node.js' runner there is what its own
// tests use to be told apart: `test`, `it`, `describe`, `suite`, their hooks and subtests.
'use strict';

const assert = require('assert');

function parsed(name, options, fn) {
  if (typeof name === 'function') return { name: name.name, options: {}, fn: name };
  if (typeof name === 'object') return { name: '', options: name, fn: options };
  if (typeof options === 'function') return { name, options: {}, fn: options };
  return { name, options: options ?? {}, fn: fn ?? (() => {}) };
}

class Context {
  constructor(name, parent) {
    Object.assign(this, { name, parent, hooks: { before: [], after: [], beforeEach: [], afterEach: [] }, queue: [] });
    this.assert = assert;
    this.signal = new AbortController().signal;
    this.test = (...args) => one(this, parsed(...args));
    for (const hook of Object.keys(this.hooks)) this[hook] = (fn) => { this.hooks[hook].push(fn); };
  }

  get mock() { return mock; }
  skip() { this.skipped = true; }
  todo() {}
  diagnostic() {}
  plan() {}
}

async function called(fn, context) {
  if (fn.length < 2) return fn.call(context, context);
  return new Promise((resolve, reject) => fn.call(context, context, (error) => (error ? reject(error) : resolve())));
}

async function one(parent, { name, options, fn }) {
  if (options.skip || options.todo) return;
  const context = new Context(name, parent);
  for (let at = parent; at; at = at.parent) for (const hook of at.hooks.beforeEach) await hook(context);
  try {
    await called(fn, context);
    for (const hook of context.hooks.after) await hook(context);
  } catch (error) {
    if (error instanceof Error) error.message = `${name}: ${error.message}`;
    throw error;
  }
  for (let at = parent; at; at = at.parent) for (const hook of at.hooks.afterEach) await hook(context);
}

async function group(parent, { name, options, fn }) {
  if (options.skip || options.todo) return;
  const context = new Context(name, parent);
  const outer = current;
  current = context;
  await fn.call(context, context);
  current = outer;
  for (const hook of context.hooks.before) await hook(context);
  for (const next of context.queue) await next();
  for (const hook of context.hooks.after) await hook(context);
}

const root = new Context('', undefined);
let current = root;
let running = false;

// Tests are queued and begin when the file has run, as those of `node:test` do.
function enqueue(run, args) {
  const context = current;
  return new Promise((resolve, reject) => {
    context.queue.push(() => run(context, parsed(...args)).then(resolve, (error) => { reject(error); throw error; }));
    if (context === root && !running) {
      running = true;
      queueMicrotask(drain);
    }
  }).catch(() => {});
}

async function drain() {
  for (const hook of root.hooks.before) await hook(root);
  while (root.queue.length > 0) await root.queue.shift()();
  for (const hook of root.hooks.after) await hook(root);
  running = false;
}

function variants(run) {
  const fn = (...args) => enqueue(run, args);
  fn.skip = () => Promise.resolve();
  fn.todo = () => Promise.resolve();
  fn.only = fn;
  return fn;
}

// ---- functions that remember their calls -----------------------------------------------------

function mocked(original = () => {}, implementation = original) {
  const calls = [];
  const fn = function(...args) {
    const call = { arguments: args, this: this, result: undefined, error: undefined, target: new.target };
    calls.push(call);
    try {
      return call.result = implementation.apply(this, args);
    } catch (error) {
      call.error = error;
      throw error;
    }
  };
  const resetCalls = () => { calls.length = 0; };
  fn.mock = { calls, callCount: () => calls.length, resetCalls, restore() {} };
  return fn;
}

const mock = {
  fn: mocked,
  method(object, name, implementation) {
    const original = object[name];
    const fn = mocked(original, implementation);
    fn.mock.restore = () => { object[name] = original; };
    object[name] = fn;
    return fn;
  },
  reset() {},
  restoreAll() {},
};

const test = variants(one);
const describe = variants(group);
module.exports = Object.assign(test, {
  test, it: variants(one), describe, suite: describe, mock,
  before: (fn) => current.before(fn),
  after: (fn) => current.after(fn),
  beforeEach: (fn) => current.beforeEach(fn),
  afterEach: (fn) => current.afterEach(fn),
});
