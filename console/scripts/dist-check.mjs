// Is what is committed in dist/ what the sources make? Compares contents, so that another version of
// brotli makes no difference.

import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { exit, stderr, stdout } from 'node:process';
import { brotliDecompressSync } from 'node:zlib';

async function contents(folder) {
  const found = new Map();
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const bytes = await readFile(path);
    const packed = path.endsWith('.br');
    const name = relative(folder, packed ? path.slice(0, -3) : path);
    found.set(name, packed ? brotliDecompressSync(bytes) : bytes);
  }
  return found;
}

const fresh = await mkdtemp(join(tmpdir(), 'console-'));
try {
  execFileSync(
    'npx',
    ['vite', 'build', '--outDir', fresh, '--emptyOutDir', '--logLevel', 'error'],
    {
      stdio: 'inherit',
    },
  );
  const [built, committed] = [await contents(fresh), await contents('dist')];
  const names = new Set([...built.keys(), ...committed.keys()]);
  const differs = (name) => !built.get(name)?.equals(committed.get(name) ?? Buffer.of());
  const wrong = [...names].filter(differs).sort();
  if (wrong.length > 0) {
    stderr.write(`dist/ is not what the sources make; run "npm run build":\n${wrong.join('\n')}\n`);
    exit(1);
  }
  stdout.write(`dist/ is what the sources make: ${names.size} files\n`);
} finally {
  await rm(fresh, { recursive: true, force: true });
}
