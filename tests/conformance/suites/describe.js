// How do test files run that are written for mocha or for jest?
//
// As a lambda: `suite(files)` is one that runs the file which its payload names, its tests in the order in which they are
// written. Of both runners there is what the files use: groups, hooks, tables of tests, tests that return a promise or
// take a callback, and tests that skip themselves.
'use strict';

const fs = require('fs');
const { format } = require('util');
const { completed, failed, passed } = require('./told.js');

// The tests' own clocks stand in for the global ones.
const { setTimeout, clearTimeout } = globalThis;

// As mocha has it; a test may ask for more.
const TEST_MS = 2_000;

class Skipped extends Error {}

class Group {
  constructor(name, parent) {
    Object.assign(this, { name, parent, parts: [], hooks: { before: [], beforeEach: [], afterEach: [], after: [] } });
  }

  path(name) {
    return this.parent === undefined ? name : this.parent.path(`${this.name} > ${name}`);
  }

  // The groups around this one, the outermost first, and itself.
  around() {
    return [...(this.parent?.around() ?? []), this];
  }
}

const root = new Group('', undefined);
let current = root;

// ---- what the files find -----------------------------------------------------------------------

function describe(name, fill) {
  const group = new Group(name, current);
  current.parts.push(group);
  current = group;
  fill.call(group);
  current = group.parent;
}

function test(name, run) {
  current.parts.push({ name, run });
}

describe.skip = () => {};
test.skip = () => {};
test.each = (rows) => (name, run) => {
  for (const row of rows) {
    const values = Array.isArray(row) ? row : [row];
    const places = name.match(/%[sdifjoOp]/g)?.length ?? 0;
    test(format(name.replaceAll('%p', '%j'), ...values.slice(0, places)), () => run(...values));
  }
};

function globals(expect) {
  Object.assign(globalThis, { describe, context: describe, it: test, test });
  for (const kind of Object.keys(root.hooks)) globalThis[kind] = (run) => { current.hooks[kind].push(run); };
  if (expect !== undefined) globalThis.expect = expect;
}

// What the tests read lies beside them, under names that no two files share.
function readable(fixtures) {
  globalThis.__dirname = '/test';
  const read = fs.readFileSync;
  fs.readFileSync = function(path, options) {
    const text = fixtures[String(path).split('/').pop()];
    if (text === undefined) return read.apply(fs, arguments);
    return options === undefined ? Buffer.from(text) : text;
  };
}

// ---- how they run ------------------------------------------------------------------------------

// What is thrown where nobody can catch it is the running test's.
let uncaught = () => {};

function called(run, context) {
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error(`it did not end within ${TEST_MS} ms`)), TEST_MS);
    const end = (settle) => (value) => {
      clearTimeout(late);
      settle(value);
    };
    const [done, fail] = [end(resolve), end(reject)];
    uncaught = fail;
    context.timeout = (ms) => {
      if (ms > TEST_MS) clearTimeout(late);
    };
    try {
      if (run.length === 0) Promise.resolve(run.call(context)).then(done, fail);
      else run.call(context, (error) => (error ? fail(error) : done()));
    } catch (error) {
      fail(error);
    }
  });
}

const newContext = () => ({ skip() { throw new Skipped(); } });

async function runTest({ name, run }, group) {
  const context = newContext();
  const problems = [];
  const attempt = (step) => called(step, context).catch((error) => problems.push(error));
  const groups = group.around();
  for (const step of [...groups.flatMap(({ hooks }) => hooks.beforeEach), run]) {
    if (problems.length === 0) await attempt(step);
  }
  for (const step of groups.reverse().flatMap(({ hooks }) => hooks.afterEach)) await attempt(step);
  if (problems.length === 0) passed(group.path(name));
  else if (!(problems[0] instanceof Skipped)) failed(group.path(name), problems[0]);
}

async function runGroup(group) {
  for (const step of group.hooks.before) await called(step, newContext());
  for (const part of group.parts) {
    if (part instanceof Group) await runGroup(part);
    else await runTest(part, group);
  }
  for (const step of group.hooks.after) await called(step, newContext());
}

async function runFile(load, name) {
  try {
    load();
    await runGroup(root);
  } catch (error) {
    failed(name, error);
  }
}

exports.suite = (files, expect) => ({ payload }, callback) => {
  process.on('uncaughtException', (error) => uncaught(error));
  globals(expect);
  readable(payload.fixtures);
  runFile(files[payload.file], payload.file).then(() => completed(callback));
};
