// Does the shim itself hold? In Node.js, what a sandbox fails for the shim's sake fails too.
//
// Runs the shim's lambda in a process of Node.js, with the payload from standard input, and writes what it calls back
// with, and what the web platform's tests report, to the file that it is given, as lines of JSON.
'use strict';

const { appendFileSync, readFileSync, writeSync } = require('node:fs');
const { join } = require('node:path');
const { runInThisContext } = require('node:vm');

const { reallyExit } = process;
// Not among the arguments any more: tests look at them.
const [told] = process.argv.splice(2);
const tell = (line) => appendFileSync(told, `${JSON.stringify(line)}\n`);

globalThis.require = require;
const { info } = console;
console.info = (message, ...extras) => {
  if (typeof message === 'string' && message.startsWith('#web ')) tell({ message, extras });
  else info(message, ...extras);
};

// Node.js would print it after the end, which the shim's callback is.
process.on('uncaughtExceptionMonitor', (error) => writeSync(2, `${error?.stack ?? error}\n`));

const payload = JSON.parse(readFileSync(0, 'utf8'));
runInThisContext(readFileSync(join(__dirname, 'lambda.js'), 'utf8'), { filename: 'conformance.js' });
runInThisContext('lambda')({ payload }, (error, result) => {
  tell({ result });
  reallyExit.call(process, 0);
});
