// How do pages get their data? They say how to fetch it; this keeps what came, what went wrong, and whether
// something is on its way. What was there stays visible while it is fetched again.

import { untrack } from 'svelte';

import { type Problem, problemFrom } from '$/api/problem';

/** Fetches; should give up when the signal fires. */
type Fetch<T> = (signal: AbortSignal) => Promise<T>;

export class Resource<T> {
  data = $state.raw<T>();
  problem = $state.raw<Problem>();
  loading = $state(false);
  readonly #fetch: Fetch<T>;
  #running: AbortController | undefined;

  constructor(fetch: Fetch<T>) {
    this.#fetch = fetch;
  }

  /** Fetches again. Of two fetches only the one that began last counts. */
  async load(): Promise<void> {
    this.#running?.abort();
    const running = new AbortController();
    this.#running = running;
    this.loading = true;
    try {
      // Called at once, so that an effect sees what the fetch depends on.
      const data = await this.#fetch(running.signal);
      if (this.#running !== running) return;
      this.data = data;
      this.problem = undefined;
    } catch (thrown) {
      if (this.#running === running) this.problem = problemFrom(thrown);
    } finally {
      if (this.#running === running) this.loading = false;
    }
  }

  /** Puts something in the place of what is there, as when the answer of a change is it. */
  set(data: T): void {
    this.data = data;
    this.problem = undefined;
  }

  stop(): void {
    this.#running?.abort();
    this.#running = undefined;
  }
}

/**
 * A resource for as long as the component lives, fetched anew when what the fetch reads changes, and every
 * `every` milliseconds while the page is looked at.
 */
export function resource<T>(fetch: Fetch<T>, options: { every?: number } = {}): Resource<T> {
  const made = new Resource(fetch);
  $effect(() => {
    void made.load();
    return () => made.stop();
  });
  const { every } = options;
  if (every !== undefined) {
    $effect(() => {
      const look = () => untrack(() => document.visibilityState === 'visible' && made.load());
      const timer = setInterval(look, every);
      return () => clearInterval(timer);
    });
  }
  return made;
}
