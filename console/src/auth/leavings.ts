// What does somebody leave in this browser, and what of it goes when they sign out? Work that was not
// saved is theirs: it is kept by account and user, and a browser that others use, too, keeps none of it
// once they signed out. A session that merely ended leaves it where it is.

/** As `localStorage` has it. */
export type Shelf = Pick<Storage, 'getItem' | 'removeItem' | 'key' | 'length'>;

const UNSAVED = 'sandglass.unsaved.';
const INPUTS = 'sandglass.input.';

/** What the keys of somebody's unsaved changes to a lambda begin with; a version follows. */
export function unsavedPrefix(owner: string, lambda: string): string {
  return `${UNSAVED}${owner}.${lambda}.`;
}

/** Where the text is that a lambda was tried with last. */
export function inputKey(account: string, lambda: string): string {
  return `${INPUTS}${account}.${lambda}`;
}

/** The lambdas that somebody changed and did not save, by name where it is known. */
export function unsavedLambdas(shelf: Shelf, owner: string): string[] {
  const own = `${UNSAVED}${owner}.`;
  const found = keys(shelf, own).map((key) => {
    const lambda = key.slice(own.length, key.lastIndexOf('.'));
    return nameIn(shelf.getItem(key)) ?? lambda;
  });
  return [...new Set(found)].sort();
}

/** Forgets all that somebody did not save. */
export function forgetUnsaved(shelf: Shelf, owner: string): void {
  for (const key of keys(shelf, `${UNSAVED}${owner}.`)) shelf.removeItem(key);
}

/** Forgets what lambdas were tried with in this tab. */
export function forgetInputs(shelf: Shelf): void {
  for (const key of keys(shelf, INPUTS)) shelf.removeItem(key);
}

const writers = new Set<() => void>();

/** Has something kept that is not yet, before it is counted; answers how to stop that. */
export function beforeLeaving(keep: () => void): () => void {
  writers.add(keep);
  return () => writers.delete(keep);
}

/** Has everything kept that is not yet. */
export function keepNow(): void {
  for (const keep of writers) keep();
}

function keys(shelf: Shelf, prefix: string): string[] {
  const all = Array.from({ length: shelf.length }, (_, index) => shelf.key(index));
  return all.filter((key): key is string => key?.startsWith(prefix) ?? false);
}

function nameIn(kept: string | null): string | undefined {
  try {
    const { name } = JSON.parse(kept ?? '') as { name?: unknown };
    return typeof name === 'string' ? name : undefined;
  } catch {
    return undefined;
  }
}
