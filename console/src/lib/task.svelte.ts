// What does a person have done? One thing at a time; this keeps whether it is under way, and why it was not done.

import { type Problem, problemFrom } from '$/api/problem';

export class Task {
  busy = $state(false);
  problem = $state.raw<Problem>();

  /** Does it, unless it is being done already. */
  async run(doing: () => Promise<void>): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    this.problem = undefined;
    try {
      await doing();
    } catch (thrown) {
      this.problem = problemFrom(thrown);
    } finally {
      this.busy = false;
    }
  }

  /** Begins anew, as a dialog does that opens. */
  reset(): void {
    this.problem = undefined;
  }
}
