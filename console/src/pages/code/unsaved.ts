// Where are changes that were not saved? In this browser, for each user, lambda and version, so that a
// reload or a crash costs nothing. Signing out deletes them.

import { unsavedPrefix } from '$/auth/leavings';

import type { Variable } from './variables';

export interface Unsaved {
  code: string;
  variables: Variable[];
  /** The lambda's name, for whoever is asked whether it may go. */
  name?: string;
  /** When it was changed last, in milliseconds since the Unix epoch. */
  at: number;
}

/** What was found, and to which version it was a change. */
export interface Found {
  version: number;
  unsaved: Unsaved;
}

/** What is kept longer is nobody's work any more. */
const KEPT_MS = 60 * 24 * 60 * 60_000;

/** As `localStorage` has it. */
export type Shelf = Pick<Storage, 'getItem' | 'setItem' | 'removeItem' | 'key' | 'length'>;

/** The unsaved changes of one lambda. */
export class UnsavedChanges {
  readonly #prefix: string;

  constructor(
    private readonly shelf: Shelf,
    /** The account and the user. */
    owner: string,
    lambda: string,
  ) {
    this.#prefix = unsavedPrefix(owner, lambda);
  }

  keep(version: number, unsaved: Unsaved): void {
    try {
      this.shelf.setItem(this.#prefix + version, JSON.stringify(unsaved));
    } catch {
      // The browser has no room or allows none: the change is still in the page.
    }
  }

  /** Forgets what was kept, of every version. */
  forget(): void {
    for (const key of this.#keys()) this.shelf.removeItem(key);
  }

  /** What was kept last; what is too old or unreadable is forgotten. */
  find(now: number): Found | undefined {
    const found = this.#keys().map((key) => ({ key, ...this.#read(key) }));
    const good = found.filter(
      (one): one is Found & { key: string } =>
        one.unsaved !== undefined && now - one.unsaved.at < KEPT_MS,
    );
    for (const { key } of found) {
      if (!good.some((one) => one.key === key)) this.shelf.removeItem(key);
    }
    const [last] = good.sort((a, b) => b.unsaved.at - a.unsaved.at);
    return last && { version: last.version, unsaved: last.unsaved };
  }

  #keys(): string[] {
    const keys = Array.from({ length: this.shelf.length }, (_, index) => this.shelf.key(index));
    return keys.filter((key): key is string => key?.startsWith(this.#prefix) ?? false);
  }

  #read(key: string): { version: number; unsaved: Unsaved | undefined } {
    const version = Number(key.slice(this.#prefix.length));
    try {
      const value = JSON.parse(this.shelf.getItem(key) ?? '') as Partial<Unsaved>;
      const good = typeof value.code === 'string' && Array.isArray(value.variables);
      const unsaved = good ? ({ at: 0, ...value } as Unsaved) : undefined;
      return { version, unsaved };
    } catch {
      return { version, unsaved: undefined };
    }
  }
}
