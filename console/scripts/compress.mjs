// How does the built console get into the server? Each file as NAME.br, and nothing else: the server
// embeds them as they are and decompresses for the few who do not accept brotli.

import { readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { argv, stdout } from 'node:process';
import { brotliCompressSync, constants } from 'node:zlib';

const folder = argv[2] ?? 'dist';
let before = 0;
let after = 0;

for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
  if (!entry.isFile() || entry.name.endsWith('.br')) continue;
  const path = join(entry.parentPath, entry.name);
  const bytes = await readFile(path);
  const compressed = brotliCompressSync(bytes, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: 11,
      [constants.BROTLI_PARAM_LGWIN]: 22,
      [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
    },
  });
  await writeFile(`${path}.br`, compressed);
  await rm(path);
  before += bytes.length;
  after += compressed.length;
}
stdout.write(`${folder}: ${before} bytes, ${after} compressed\n`);
