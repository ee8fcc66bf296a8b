// How are times told? As people say them, in local time, with UTC where it matters.

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** "2 min ago", "in 3 h", "yesterday"-like: how far a time is from now, in milliseconds both. */
export function ago(at: number, now: number): string {
  const distance = Math.abs(now - at);
  if (distance < 5_000) return 'just now';
  const text = span(distance);
  return at > now ? `in ${text}` : `${text} ago`;
}

/** A distance in its largest unit. */
function span(ms: number): string {
  if (ms < MINUTE) return `${Math.floor(ms / 1_000)} s`;
  if (ms < HOUR) return `${Math.floor(ms / MINUTE)} min`;
  if (ms < DAY) return `${Math.floor(ms / HOUR)} h`;
  const days = Math.floor(ms / DAY);
  if (days < 60) return days === 1 ? '1 day' : `${days} days`;
  return `${Math.floor(days / 30)} months`;
}

/** "4.2 ms", "1.25 s": how long something took. */
export function duration(ms: number): string {
  if (ms < 1) return `${Math.round(ms * 1_000)} µs`;
  if (ms < 10) return `${ms.toFixed(1)} ms`;
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < MINUTE) return `${(ms / 1_000).toFixed(ms < 10_000 ? 2 : 1)} s`;
  return `${Math.floor(ms / MINUTE)} min ${Math.round((ms % MINUTE) / 1_000)} s`;
}

const LOCAL = new Intl.DateTimeFormat(undefined, {
  year: 'numeric',
  month: 'short',
  day: 'numeric',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  timeZoneName: 'short',
});

/** The local time, in full. */
export function local(at: number): string {
  return LOCAL.format(at);
}

/** The same in UTC, as logs have it. */
export function utc(at: number): string {
  return `${new Date(at).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}
