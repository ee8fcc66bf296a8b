// Fetches the browser build of jsforce-core from npm into the target directory, for the case
// `jsforce_core`. Nothing of it is committed, built into or installed by Sandglass.
//
//   node benches/library/fetch.mjs

import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const VERSION = '3.10.26';
const target = path.join(import.meta.dirname, '../../target/bench-library');
const scratch = mkdtempSync(path.join(tmpdir(), 'sandglass-library-'));
try {
  const pack = ['pack', `jsforce@${VERSION}`, '--silent'];
  execFileSync('npm', pack, { cwd: scratch, stdio: 'ignore', timeout: 120_000 });
  execFileSync('tar', ['xzf', `jsforce-${VERSION}.tgz`], { cwd: scratch });
  mkdirSync(target, { recursive: true });
  const file = path.join(target, 'jsforce-core.js');
  copyFileSync(path.join(scratch, 'package/dist/jsforce-core.min.js'), file);
  console.log(path.relative(process.cwd(), file));
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
