// How high is the drawer? As it was left, between enough to read and enough of the code above it.

const KEY = 'sandglass.drawer';
const FIRST = 380;
const LEAST = 160;
/** What has to stay of the page above it. */
const ABOVE = 260;

/** A height that fits a window of that height. */
export function fitting(height: number, window: number): number {
  return Math.round(Math.max(Math.min(height, window - ABOVE), LEAST));
}

export function keptHeight(): number {
  const kept = Number(localStorage.getItem(KEY));
  return kept > 0 ? kept : FIRST;
}

export function keepHeight(height: number): void {
  localStorage.setItem(KEY, String(height));
}

/** The height after a key on the drawer's edge; nothing for other keys. */
export function heightAfter(key: string, height: number, window: number): number | undefined {
  const steps: Record<string, number> = {
    ArrowUp: height + 32,
    ArrowDown: height - 32,
    Home: LEAST,
    End: window,
  };
  const next = steps[key];
  return next === undefined ? undefined : fitting(next, window);
}
