// Makes every call of `cases.js` with request-promise and in a lambda, and compares; see README.md.
import assert from 'node:assert';
import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { listen } from './upstream.mjs';

const require = createRequire(import.meta.url);
const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const run = promisify(execFile);
const SANDGLASS = process.env.SANDGLASS ?? here('../../../target/release/sandglass');

// request goes on after it has refused a body, and then fails where nobody listens.
process.on('uncaughtException', () => {});
process.on('unhandledRejection', () => {});

async function inLambda(name, address) {
  const hosts = [new URL(address).host, `localhost:${new URL(address).port}`, '127.0.0.1:1', 'no-such-host.invalid'];
  const allow = hosts.flatMap((host) => ['--allow', host]);
  const input = JSON.stringify({ payload: { name, address } });
  const { stdout } = await run(SANDGLASS, ['run', here('cases.js'), '--input', input, '--allow-private', ...allow]);
  return JSON.parse(stdout);
}

// What is random in a body of several parts.
function withoutBoundaries(outcome) {
  const text = JSON.stringify(outcome)
    .replace(/-{20,}\d+/g, 'BOUNDARY')
    .replace(/--(?:[\da-f]{8}-[\da-f-]{27}|\d{36})/g, '--BOUNDARY')
    .replace(/boundary=[\w-]+/g, 'boundary=BOUNDARY');
  return JSON.parse(text);
}

const { cases, different, observe } = require('./cases.js');
const client = require('request-promise');
const { address, close } = await listen();
const wanted = process.argv.slice(2);
const names = wanted.length > 0 ? wanted : Object.keys(cases).filter((name) => !(name in different));
const failed = [];
for (const name of names) {
  const expected = withoutBoundaries(await observe(name, client, address));
  const actual = withoutBoundaries(await inLambda(name, address).catch((error) => ({ broke: error.message })));
  try {
    assert.deepStrictEqual(actual, expected);
  } catch (error) {
    failed.push(name);
    console.log(`${name}: ${error.message}\n`);
  }
}
console.log(`${names.length - failed.length} of ${names.length} calls are the same`, failed.join(' '));
await close();
process.exit(failed.length === 0 ? 0 : 1);
