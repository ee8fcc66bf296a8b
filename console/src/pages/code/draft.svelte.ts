// What is being written? The code and the variables as they are in the editor, what they were changed from,
// and how they are saved, kept and compared.

import { api, ok } from '$/api/client';
import { Problem } from '$/api/problem';
import type { Lambda } from '$/api/types';
import { session } from '$/auth/session.svelte';
import { readLambda } from '$/data/lambda';

import { type Found, type Unsaved, UnsavedChanges } from './unsaved';
import { type Variable, sameVariables } from './variables';

const KEEP_AFTER_MS = 400;

/** What came of saving. */
export type Saved =
  | { kind: 'saved'; lambda: Lambda }
  /** It was the same already. */
  | { kind: 'unchanged' }
  /** Somebody else saved in the meantime: what they saved. */
  | { kind: 'conflict'; theirs: Lambda };

export class Draft {
  /** What was saved last, as far as this page knows. */
  base = $state.raw<Lambda>() as Lambda;
  code = $state('');
  variables = $state.raw<readonly Variable[]>([]);
  /** Changes from another time that are in the editor, or wait to be. */
  found = $state.raw<Found>();
  /** What somebody else saved since, while there are changes here. */
  newer = $state.raw<Lambda>();
  busy = $state(false);

  readonly #changes: UnsavedChanges;
  #timer: ReturnType<typeof setTimeout> | undefined;

  readonly codeChanged = $derived(this.code !== this.base.implementation.code);
  readonly variablesChanged = $derived(!sameVariables(this.variables, variablesOf(this.base)));
  readonly changed = $derived(this.codeChanged || this.variablesChanged);

  constructor(lambda: Lambda, owner: string) {
    this.#changes = new UnsavedChanges(localStorage, owner, lambda.uuid);
    this.#take(lambda);
    const found = this.#changes.find(Date.now());
    if (!found || this.#same(found.unsaved)) return;
    this.found = found;
    // Made to this very version, they are simply where they were.
    if (found.version === lambda.version) this.restore();
  }

  /** Whether what was found is of the version that is saved. */
  get foundHere(): boolean {
    return this.found?.version === this.base.version;
  }

  /** Keeps what is in the editor, a moment after it was changed last. */
  keepSoon(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.keep(), KEEP_AFTER_MS);
  }

  /** Keeps what is in the editor in this browser, or forgets it where it is what was saved. */
  keep(): void {
    clearTimeout(this.#timer);
    // Whoever signed out leaves nothing behind, not even with the last breath of this page.
    if (session.left) return;
    // What waits to be restored is not thrown away by looking at the page.
    if (!this.changed && this.found && !this.foundHere) return;
    if (this.changed) this.#changes.keep(this.base.version, this.#now());
    else this.#changes.forget();
  }

  /** Puts what was found into the editor. */
  restore(): void {
    if (!this.found) return;
    this.code = this.found.unsaved.code;
    this.variables = this.found.unsaved.variables;
  }

  /** Back to what was saved. Answers how to take that back. */
  discard(): () => void {
    const [before, found] = [this.#now(), this.found];
    this.#take(this.base);
    this.#changes.forget();
    return () => {
      this.code = before.code;
      this.variables = before.variables;
      this.found = found;
      this.keep();
    };
  }

  /** Takes what somebody saved as what was saved last, without touching what is in the editor. */
  rebase(lambda: Lambda): void {
    this.base = lambda;
    this.#changes.forget();
    this.found = undefined;
    this.newer = undefined;
    this.keep();
  }

  /** Takes what somebody saved in the place of what is in the editor. */
  take(lambda: Lambda): void {
    this.#take(lambda);
    this.#changes.forget();
  }

  /** Takes what was loaded anew: into the editor, too, where nothing was changed. */
  refresh(lambda: Lambda): void {
    if (lambda.version === this.base.version) this.base = lambda;
    else if (this.changed) this.newer = lambda;
    else {
      const { found } = this;
      this.#take(lambda);
      this.found = found;
    }
  }

  /** Saves what is in the editor. */
  async save(): Promise<Saved> {
    this.busy = true;
    try {
      const lambda = await this.#put();
      if (lambda === undefined) {
        this.rebase({ ...this.base, implementation: this.#implementation() });
        return { kind: 'unchanged' };
      }
      this.rebase(lambda);
      return { kind: 'saved', lambda };
    } catch (thrown) {
      if (!(thrown instanceof Problem) || thrown.status !== 409) throw thrown;
      const theirs = await readLambda(this.base.uuid);
      // What is being deployed or taken down cannot be saved either: that is no conflict with somebody.
      if (theirs.version === this.base.version) throw thrown;
      return { kind: 'conflict', theirs };
    } finally {
      this.busy = false;
    }
  }

  /** What it is now; nothing when the server says that it was so already. */
  async #put(): Promise<Lambda | undefined> {
    const { name, version, description, eventId, skills, uuid } = this.base;
    const implementation = this.#implementation();
    const body = { name, version, description, eventId, skills, implementation };
    return ok(api().PUT('/lambdas/{lambda}', { params: { path: { lambda: uuid } }, body }));
  }

  #implementation(): Lambda['implementation'] {
    return { code: this.code, environmentVariables: [...this.variables] };
  }

  #take(lambda: Lambda): void {
    this.base = lambda;
    this.code = lambda.implementation.code;
    this.variables = variablesOf(lambda);
    this.found = undefined;
    this.newer = undefined;
  }

  #now(): Unsaved {
    const { name } = this.base;
    return { code: this.code, variables: [...this.variables], name, at: Date.now() };
  }

  #same(unsaved: Unsaved): boolean {
    return unsaved.code === this.code && sameVariables(unsaved.variables, this.variables);
  }
}

export function variablesOf(lambda: Lambda): Variable[] {
  return lambda.implementation.environmentVariables ?? [];
}
