// How is an entry of a log told? Its level as a tone, its time to the millisecond, its first line.

import type { Tone } from '$/ui';

const TONES: Readonly<Record<string, Tone>> = {
  Debug: 'draft',
  Info: 'info',
  Warn: 'changed',
  Error: 'failed',
};

/** The tone of a level, whatever its case. */
export function toneOf(level: string): Tone {
  return TONES[level.charAt(0).toUpperCase() + level.slice(1).toLowerCase()] ?? 'draft';
}

/** "14:03:09.120" in local time. */
export function clockOf(at: number): string {
  const time = new Date(at);
  const two = (part: number) => String(part).padStart(2, '0');
  const clock = [time.getHours(), time.getMinutes(), time.getSeconds()].map(two).join(':');
  return `${clock}.${String(time.getMilliseconds()).padStart(3, '0')}`;
}

export function firstLine(text: string): string {
  const end = text.indexOf('\n');
  return end < 0 ? text : text.slice(0, end);
}
