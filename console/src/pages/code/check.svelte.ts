// What does our compiler say? Asked a moment after the last change, never twice at once.

import { api, ok } from '$/api/client';
import { problemFrom } from '$/api/problem';
import type { Mistake } from '$/editor/markers';

const AFTER_MS = 450;

export class Check {
  mistakes = $state.raw<readonly Mistake[]>([]);
  /** Why it is not known, as when the server does not answer. */
  failure = $state<string>();
  /** Whether what is shown is of the code as it is. */
  current = $state(false);
  #timer: ReturnType<typeof setTimeout> | undefined;
  #running: AbortController | undefined;

  /** Checks the code in a moment, unless it is changed again. */
  soon(code: string, fileName: string, after = AFTER_MS): void {
    this.stop();
    this.current = false;
    this.#timer = setTimeout(() => void this.#ask(code, fileName), after);
  }

  /** Shows what is known from elsewhere, such as a failed build. */
  show(mistakes: readonly Mistake[]): void {
    this.stop();
    this.mistakes = mistakes;
    this.current = true;
  }

  /** Whether this is one of them. */
  has({ line, column, message }: Mistake): boolean {
    return this.mistakes.some(
      (known) => known.line === line && known.column === column && known.message === message,
    );
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#running?.abort();
    this.#running = undefined;
  }

  async #ask(code: string, fileName: string): Promise<void> {
    const running = new AbortController();
    this.#running = running;
    try {
      const body = { code, fileName };
      const { diagnostics } = await ok(api().POST('/check', { body, signal: running.signal }));
      if (this.#running !== running) return;
      this.mistakes = diagnostics;
      this.failure = undefined;
      this.current = true;
    } catch (thrown) {
      if (this.#running === running) this.failure = problemFrom(thrown).message;
    }
  }
}
