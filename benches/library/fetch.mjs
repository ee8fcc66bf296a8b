// Fetches from npm, into the target directory, what is not committed here: the browser build of
// jsforce-core, for the case `jsforce_core`, a folder lambda with its packages, for
// `bundle_five_packages`, and the peer of the bench `json`. Nothing of it is built into or installed by
// Sandglass.
//
//   node benches/library/fetch.mjs

import { execFileSync } from 'node:child_process';
import { appendFileSync, copyFileSync, cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import path from 'node:path';

const VERSION = '3.10.26';
const target = path.join(import.meta.dirname, '../../target/bench-library');
mkdirSync(target, { recursive: true });
fetchJsforce();
installPackages();
buildPeer();

function fetchJsforce() {
  const scratch = mkdtempSync(path.join(target, 'jsforce-'));
  try {
    npm(['pack', `jsforce@${VERSION}`, '--silent'], scratch);
    execFileSync('tar', ['xzf', `jsforce-${VERSION}.tgz`], { cwd: scratch });
    const file = path.join(target, 'jsforce-core.js');
    copyFileSync(path.join(scratch, 'package/dist/jsforce-core.min.js'), file);
    console.log(path.relative(process.cwd(), file));
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

function installPackages() {
  const folder = path.join(target, 'five-packages');
  cpSync(path.join(import.meta.dirname, '../lambdas/five-packages'), folder, { recursive: true });
  npm(['ci', '--ignore-scripts', '--no-audit', '--no-fund'], folder);
  console.log(path.relative(process.cwd(), folder));
}

// componentize-qjs makes a component of the same JavaScript, without a limit on its time, and as fast as it can.
function buildPeer() {
  const folder = path.join(target, 'json-peer');
  cpSync(path.join(import.meta.dirname, 'json-peer'), folder, { recursive: true });
  npm(['ci', '--ignore-scripts', '--no-audit', '--no-fund'], folder);
  const script = path.join(folder, 'peer.js');
  copyFileSync(path.join(import.meta.dirname, '../lambdas/json.js'), script);
  appendFileSync(script, '\nexport const run = work;\n');
  const command = path.join(folder, 'node_modules/.bin/componentize-qjs');
  const args = ['--wit', 'peer.wit', '--js', 'peer.js', '--stub-wasi', '--sync', '--output', 'peer.wasm'];
  execFileSync(command, args, { cwd: folder, stdio: 'ignore', timeout: 120_000 });
  console.log(path.relative(process.cwd(), path.join(folder, 'peer.wasm')));
}

function npm(args, cwd) {
  execFileSync('npm', args, { cwd, stdio: 'ignore', timeout: 120_000 });
}
