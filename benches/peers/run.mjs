// How many hello invocations a second, next to workerd on the same machine in the same run?
//
// Sandglass authenticates each request and answers it from a sandbox of its own; workerd answers
// from one warm isolate without authentication. Both are loaded by the same `wrk -t1 -c16`, in
// turns. Everything listens on loopback and is stopped at the end.
//
//   node benches/peers/run.mjs [--seconds 10] [--rounds 3] [--only workerd|sandglass]
//
// Needs wrk and npm, and the release binary (`cargo build --release`, or SANDGLASS_BIN).

import assert from 'node:assert';
import { spawn, execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { setTimeout as sleep } from 'node:timers/promises';

const WORKERD_VERSION = '1.20261117.1';
const HERE = import.meta.dirname;
const TARGET = path.join(HERE, '../../target');
const BODY = '{"timestamp":0,"headers":[],"payload":{"name":"Ada"}}';
const RESULT = { message: 'Hello Ada' };
const READY_WITHIN_MS = 20_000;

const options = parseArgs({
  options: {
    seconds: { type: 'string', default: '10' },
    rounds: { type: 'string', default: '3' },
    only: { type: 'string' },
  },
}).values;
const seconds = Number(options.seconds);
const rounds = Number(options.rounds);
assert(seconds > 0 && seconds <= 60 && rounds > 0 && rounds <= 10, 'at most 10 rounds of 60 s');

const started = [];
mkdirSync(path.join(TARGET, 'bench-data'), { recursive: true });
const scratch = mkdtempSync(path.join(TARGET, 'bench-data', `${process.pid}-`));
process.on('exit', () => {
  started.forEach((child) => child.kill('SIGKILL'));
  rmSync(scratch, { recursive: true, force: true });
});
process.on('SIGINT', () => process.exit(130));
process.on('SIGTERM', () => process.exit(143));

await main();
process.exit(0);

async function main() {
  const peers = [];
  if (options.only !== 'sandglass') peers.push(await startWorkerd());
  if (options.only !== 'workerd') peers.push(await startSandglass());
  for (const peer of peers) await check(peer);
  for (const peer of peers) await load(peer, 2);
  for (let round = 1; round <= rounds; round += 1) {
    for (const peer of peers) {
      const sample = await load(peer, seconds);
      peer.samples.push(sample);
      console.log(`round ${round}  ${row(peer.name, sample)}`);
    }
  }
  report(peers);
}

/** Installs the pinned workerd into the target directory and starts it. */
async function startWorkerd() {
  const binary = installWorkerd();
  const child = start(binary, ['serve', '--control-fd=3', path.join(HERE, 'workerd.capnp')], {
    stdio: ['ignore', 'inherit', 'inherit', 'pipe'],
  });
  const listening = await within(firstLine(child.stdio[3], child), 'workerd did not start');
  const { port } = JSON.parse(listening);
  return peer('workerd, warm isolate', `http://127.0.0.1:${port}/`);
}

function installWorkerd() {
  const prefix = path.join(TARGET, 'peers', WORKERD_VERSION);
  const cpu = process.arch === 'x64' ? '64' : process.arch;
  const binary = path.join(
    prefix, 'node_modules/@cloudflare', `workerd-${process.platform}-${cpu}`, 'bin/workerd');
  if (!existsSync(binary)) {
    mkdirSync(prefix, { recursive: true });
    const install = ['install', '--prefix', prefix, '--ignore-scripts', '--no-audit', '--no-fund'];
    execFileSync('npm', [...install, `workerd@${WORKERD_VERSION}`], {
      stdio: ['ignore', 'ignore', 'inherit'],
      timeout: 300_000,
    });
  }
  return binary;
}

/** Starts the release binary on a fresh data directory and deploys hello. */
async function startSandglass() {
  const binary = process.env.SANDGLASS_BIN ?? path.join(TARGET, 'release/sandglass');
  assert(existsSync(binary), `${binary} is missing: run \`cargo build --release\` first`);
  const data = path.join(scratch, 'data');
  const config = path.join(scratch, 'sandglass.toml');
  writeFileSync(config, `listen = '127.0.0.1:0'\ndata_dir = '${data}'\n`);
  const child = start(binary, ['serve', '--config', config], {
    cwd: scratch,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const url = await within(serverUrl(path.join(data, 'server.json'), child),
    'sandglass did not start');
  const admin = readFileSync(path.join(data, 'admin.token'), 'utf8').trim();
  const account = `${url}/api/account/10000001`;
  const { token } = await post(`${account}/tokens`, admin, { name: 'peers', role: 'invoker' });
  const code = readFileSync(path.join(HERE, '../lambdas/hello.js'), 'utf8');
  const { uuid } = await post(`${account}/deploy`, admin, {
    name: 'hello', fileName: 'hello.js', code,
  });
  const invoke = `${account}/lambdas/${uuid}/invoke?v=1&externalSystem=bench`;
  return peer('sandglass, fresh sandbox, authenticated', invoke, token);
}

function peer(name, url, token) {
  return { name, url, token, samples: [] };
}

/** Makes sure that a peer does the work before its speed is measured. */
async function check(peer) {
  const answer = await fetch(peer.url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(peer.token && { authorization: `Bearer ${peer.token}` }),
    },
    body: BODY,
  });
  assert.strictEqual(answer.status, 200, `${peer.name}: ${await answer.clone().text()}`);
  assert.deepStrictEqual(await answer.json(), RESULT);
}

/** Loads one peer with wrk and returns requests a second and percentiles. */
async function load(peer, duration) {
  const environment = { ...process.env, BENCH_BODY: BODY };
  if (peer.token) environment.BENCH_TOKEN = peer.token;
  const script = path.join(HERE, 'request.lua');
  const child = start('wrk', ['-t1', '-c16', `-d${duration}s`, '-s', script, peer.url], {
    env: environment,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  child.stdout.on('data', (chunk) => { text += chunk; });
  await within(new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  }), 'wrk did not end', duration * 1_000 + READY_WITHIN_MS);
  const last = text.split('\n').findLast((line) => line.startsWith('{'));
  assert(last, `wrk printed no result: ${text}`);
  const { requests, duration: micros, p50, p99, failed } = JSON.parse(last);
  assert.strictEqual(failed, 0, `${peer.name}: ${failed} requests failed`);
  return { rate: requests / (micros / 1e6), p50, p99 };
}

function report(peers) {
  console.log();
  const medians = peers.map((peer) => ({
    rate: median(peer.samples.map((sample) => sample.rate)),
    p50: median(peer.samples.map((sample) => sample.p50)),
    p99: median(peer.samples.map((sample) => sample.p99)),
  }));
  peers.forEach((peer, index) => console.log(`median   ${row(peer.name, medians[index])}`));
  if (peers.length < 2) return;
  const [workerd, sandglass] = medians;
  const ratio = (sandglass.rate / workerd.rate).toFixed(2);
  console.log();
  console.log(`figure: peers/workerd ${workerd.rate.toFixed(0)} requests/s`);
  console.log(`figure: peers/sandglass ${sandglass.rate.toFixed(0)} requests/s (target >= 32000)`);
  console.log(`figure: peers/sandglass/p99 ${(sandglass.p99 / 1e3).toFixed(2)} ms (target <= 2)`);
  console.log(`figure: peers/ratio ${ratio} times workerd (target >= 1.6)`);
}

function row(name, { rate, p50, p99 }) {
  const ms = (micros) => `${(micros / 1e3).toFixed(2).padStart(8)} ms`;
  return `${name.padEnd(40)} ${rate.toFixed(0).padStart(7)} requests/s  p50${ms(p50)}  p99${ms(p99)}`;
}

function median(values) {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
}

function start(command, parameters, settings) {
  // Backtraces would slow Sandglass down and nobody would read them.
  const { RUST_BACKTRACE, ...environment } = settings.env ?? process.env;
  const child = spawn(command, parameters, { ...settings, env: environment });
  started.push(child);
  return child;
}

/** The first line that arrives on a stream of a child. */
function firstLine(stream, child) {
  return new Promise((resolve, reject) => {
    let text = '';
    child.on('error', reject);
    child.on('exit', (code) => reject(new Error(`ended with ${code}`)));
    stream.on('data', (chunk) => {
      text += chunk;
      if (text.includes('\n')) resolve(text.split('\n', 1)[0]);
    });
  });
}

/** The URL in the file that the server writes when it is ready. */
async function serverUrl(file, child) {
  for (;;) {
    assert.strictEqual(child.exitCode, null, 'sandglass ended before it was ready');
    try {
      return JSON.parse(readFileSync(file, 'utf8')).url;
    } catch (error) {
      // Not there yet, or not whole yet.
      if (error.code !== 'ENOENT' && !(error instanceof SyntaxError)) throw error;
    }
    await sleep(10);
  }
}

async function within(promise, message, ms = READY_WITHIN_MS) {
  const late = sleep(ms, undefined, { ref: false }).then(() => { throw new Error(message); });
  return Promise.race([promise, late]);
}

async function post(url, token, body) {
  const answer = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify(body),
  });
  assert(answer.ok, `${url}: ${answer.status} ${await answer.clone().text()}`);
  return answer.json();
}
