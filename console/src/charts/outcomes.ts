// How did invocations end, as series? In the colours that mean the same everywhere.

import type { Texture } from './look';
import type { Series } from './series';

/** How many ended how in one step. */
export interface Ended {
  succeeded: number;
  codingFailures: number;
  timeouts: number;
  platformFailures: number;
  unknown: number;
}

interface Part {
  key: keyof Ended;
  label: string;
  colour: string;
  texture: Texture;
}

const PARTS: readonly Part[] = [
  { key: 'succeeded', label: 'Succeeded', colour: '--live-fill', texture: 'plain' },
  {
    key: 'codingFailures',
    label: 'Failed by their code',
    colour: '--failed-fill',
    texture: 'rising',
  },
  { key: 'timeouts', label: 'Out of time', colour: '--building-fill', texture: 'level' },
  {
    key: 'platformFailures',
    label: 'Failed by the platform',
    colour: '--info-fill',
    texture: 'falling',
  },
  { key: 'unknown', label: 'Unknown', colour: '--draft-fill', texture: 'upright' },
];

/** The series of those ways to end that occur; success always does. */
export function outcomeSeries(steps: readonly Ended[]): Series[] {
  const all = PARTS.map(({ key, label, colour, texture }) => ({
    label,
    colour,
    texture,
    values: steps.map((step) => step[key]),
  }));
  return all.filter(({ values }, index) => index === 0 || values.some((value) => value > 0));
}

/** A bucket of the platform's report, whose names shout. */
export function endedOf(bucket: Readonly<Record<string, unknown>>): Ended {
  const number = (name: string) => Number(bucket[name] ?? 0);
  return {
    succeeded: number('SUCCEEDED'),
    codingFailures: number('CODING_FAILURE'),
    timeouts: number('TIMEOUT'),
    platformFailures: number('PLATFORM_FAILURE'),
    unknown: number('UNKNOWN'),
  };
}
