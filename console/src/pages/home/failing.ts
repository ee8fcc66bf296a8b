// Does it fail now, or did it fail a while ago?

/** Figures are of five minutes each, and three of them without a failure are a while. */
const NOW_MS = 15 * 60_000;

/** Whether somebody should look at it at once. */
export function failsNow(lastFailureAt: number, now: number): boolean {
  return now - lastFailureAt <= NOW_MS;
}
