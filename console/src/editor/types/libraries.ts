// Which types does a source need? Those of Node.js and the toolbelts always, those of a package once the
// source names it: each comes by itself, when it is needed.

import type { Files } from './files';

type Load = () => Promise<{ default: Files }>;

/** The packages whose types there are; the server says which packages lambdas have. */
const PACKAGES: Readonly<Record<string, Load>> = {
  jsforce: () => import('./jsforce'),
  jsonwebtoken: () => import('./jsonwebtoken'),
  lodash: () => import('./lodash'),
  luxon: () => import('./luxon'),
  'oauth-1.0a': () => import('./oauth'),
  uuid: () => import('./uuid'),
};

const ALWAYS: readonly Load[] = [() => import('./node'), () => import('./toolbelt')];

/** The packages that a source names in quotes. */
export function named(code: string): string[] {
  return Object.keys(PACKAGES).filter((name) =>
    ['"', "'", '`'].some((quote) => code.includes(`${quote}${name}${quote}`)),
  );
}

/** Collects types for sources; tells when there are more. */
export class Libraries {
  readonly #asked = new Set<string>();
  #files: Files = {};

  constructor(private readonly onmore: (files: Files) => void) {}

  /** Fetches the types that every source has. */
  async begin(): Promise<void> {
    await this.#add('', ALWAYS);
  }

  /** Fetches the types of the packages that the source names, where it has not been done. */
  async need(code: string): Promise<void> {
    for (const name of named(code)) {
      const load = PACKAGES[name];
      if (load) await this.#add(name, [load]);
    }
  }

  async #add(name: string, loads: readonly Load[]): Promise<void> {
    if (this.#asked.has(name)) return;
    this.#asked.add(name);
    try {
      const modules = await Promise.all(loads.map((load) => load()));
      this.#files = Object.assign({}, this.#files, ...modules.map((module) => module.default));
      this.onmore(this.#files);
    } catch {
      // Without an answer of the server there is no completion; the next change asks again.
      this.#asked.delete(name);
    }
  }
}
