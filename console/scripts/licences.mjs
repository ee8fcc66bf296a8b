// Whose work is in the built console, and under which licence? Collects the packages that modules come
// from, workers and files of types included, and writes their notices to licenses.txt.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const NOTICE = /^(licen[cs]e|copying|notice|third-?party-?notices?)([.-].*)?$/i;
const RULE = '='.repeat(80);

/** The folder of the package that a module belongs to; nothing for one of our own. */
function packageOf(id) {
  const [path] = id.split('?');
  const [, inside] = /^(.*\/node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(path) ?? [];
  return inside && existsSync(join(inside, 'package.json')) ? inside : undefined;
}

function notice(folder) {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const texts = readdirSync(folder)
    .filter((file) => NOTICE.test(file))
    .sort()
    .map((file) => readFileSync(join(folder, file), 'utf8').replaceAll('\r\n', '\n').trim());
  return {
    title: `${name} ${version} (${license})`,
    text: texts.join(`\n\n${'-'.repeat(80)}\n\n`),
  };
}

function document(folders) {
  const notices = [...folders].map(notice).sort((a, b) => (a.title < b.title ? -1 : 1));
  const list = notices.map(({ title }) => `  ${title}`).join('\n');
  const texts = notices.map(({ title, text }) => `${RULE}\n${title}\n${RULE}\n\n${text}\n`);
  return `The console of Sandglass is licensed under Apache-2.0, and has parts of:\n\n${list}\n\n${texts.join('\n')}`;
}

/** Two plugins of Vite that know of each other: for the app, and for its workers. */
export function licences() {
  const folders = new Set();
  const collect = (id) => {
    const folder = packageOf(id);
    if (folder) folders.add(folder);
  };
  const seen = {
    name: 'licences-seen',
    moduleParsed({ id }) {
      collect(id);
    },
  };
  const written = {
    name: 'licences-written',
    apply: 'build',
    generateBundle(_, bundle) {
      // Fonts come by way of styles, which are no modules.
      for (const { originalFileNames = [] } of Object.values(bundle)) {
        for (const file of originalFileNames) collect(resolve(file));
      }
      this.emitFile({ type: 'asset', fileName: 'licenses.txt', source: document(folders) });
    },
  };
  return { app: [seen, written], worker: [{ ...seen }] };
}
