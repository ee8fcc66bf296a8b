// Does the shim itself hold? In Node.js, what a sandbox fails for the shim's sake fails too.
//
// Runs the shim's lambda in a process of Node.js, or that of the bundle that it is given, with the payload from standard
// input, and writes what it calls back with, and what subtests report, to the file that it is given, as lines of JSON.
'use strict';

const { appendFileSync, readFileSync, writeSync } = require('node:fs');
const { join } = require('node:path');
const { compileFunction, runInThisContext } = require('node:vm');

const { reallyExit } = process;
// Not among the arguments any more: tests look at them.
const [told, bundle] = process.argv.splice(2);
const tell = (line) => appendFileSync(told, `${JSON.stringify(line)}\n`);

globalThis.require = require;
const { info } = console;
console.info = (message, ...extras) => {
  if (typeof message === 'string' && message.startsWith('#subtests ')) tell({ message, extras });
  else info(message, ...extras);
};

// Node.js would print it after the end, which the shim's callback is.
process.on('uncaughtExceptionMonitor', (error) => writeSync(2, `${error?.stack ?? error}\n`));

const payload = JSON.parse(readFileSync(0, 'utf8'));
function shim() {
  runInThisContext(readFileSync(join(__dirname, 'lambda.js'), 'utf8'), { filename: 'conformance.js' });
  return runInThisContext('lambda');
}

function bundled() {
  const module = { exports: {} };
  compileFunction(readFileSync(bundle, 'utf8'), ['exports', 'module'], { filename: bundle })(module.exports, module);
  return module.exports.lambda;
}

const lambda = bundle === undefined ? shim() : bundled();
lambda({ payload }, (error, result) => {
  tell({ result });
  reallyExit.call(process, 0);
});
