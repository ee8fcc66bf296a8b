// Where do the types of the API come from? From the OpenAPI document of a server: its address or a file
// is the argument, else the copy that is committed.

import { execFileSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { argv } from 'node:process';

const COPY = 'openapi.json';

async function read(source) {
  if (!/^https?:/.test(source)) return readFile(source, 'utf8');
  const answer = await fetch(source);
  if (!answer.ok) throw new Error(`${source} answers ${answer.status}`);
  return answer.text();
}

const source = argv[2];
if (source) {
  const document = JSON.parse(await read(source));
  await writeFile(COPY, `${JSON.stringify(document, null, 1)}\n`);
}
// What has a default may be left out of what is sent.
const options = ['--output', 'src/api/schema.d.ts', '--default-non-nullable', 'false'];
execFileSync('npx', ['openapi-typescript', COPY, ...options], { stdio: 'inherit' });
