// Where do the types of the API come from? From the OpenAPI document of a server: its address or a file
// is the argument, else the copy that is committed. With `--check` nothing is written: are the types those of
// that copy?

import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { argv, exit, stderr } from 'node:process';

const COPY = 'openapi.json';
const TYPES = 'src/api/schema.d.ts';

async function read(source) {
  if (!/^https?:/.test(source)) return readFile(source, 'utf8');
  const answer = await fetch(source);
  if (!answer.ok) throw new Error(`${source} answers ${answer.status}`);
  return answer.text();
}

/** Writes the types of the copy into a file. */
function types(into) {
  // What has a default may be left out of what is sent.
  const options = ['--output', into, '--default-non-nullable', 'false'];
  execFileSync('npx', ['openapi-typescript', COPY, ...options], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}

async function check() {
  const folder = await mkdtemp(join(tmpdir(), 'console-api-'));
  try {
    const fresh = join(folder, 'schema.d.ts');
    types(fresh);
    if ((await readFile(fresh, 'utf8')) === (await readFile(TYPES, 'utf8'))) return;
    stderr.write(`${TYPES} is not what ${COPY} makes; run "npm run api"\n`);
    exit(1);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const source = argv[2];
if (source === '--check') {
  await check();
  exit(0);
}
if (source) {
  const document = JSON.parse(await read(source));
  await writeFile(COPY, `${JSON.stringify(document, null, 1)}\n`);
}
types(TYPES);
