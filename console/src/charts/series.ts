// What is drawn, and how do values pile up?

import type { Texture } from './look';

export interface Series {
  label: string;
  /** The name of a token, such as `--live-fill`. */
  colour: string;
  /** How bars of it are filled; plainly unless it says otherwise. */
  texture?: Texture;
  /** What stands at the end of its line, where there is little room: "p50". */
  short?: string;
  values: readonly (number | null)[];
}

/** Each series with those before it added: what stacked bars reach up to. */
export function stacked(series: readonly Series[]): number[][] {
  const sums: number[][] = [];
  for (const { values } of series) {
    const below = sums.at(-1);
    sums.push(values.map((value, index) => (value ?? 0) + (below?.[index] ?? 0)));
  }
  return sums;
}

/** Whether there is nothing to see. */
export function isEmpty(series: readonly Series[]): boolean {
  return series.every(({ values }) => values.every((value) => value === null || value === 0));
}

const DAY_MS = 86_400_000;
const HOURS = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' });
const DAYS = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short' });

/** How a time stands below a chart of these times: the hour, or over more than two days the day. */
export function tick(times: readonly number[]): (time: number) => string {
  const span = (times.at(-1) ?? 0) - (times[0] ?? 0);
  return (time) => (span > 2 * DAY_MS ? DAYS : HOURS).format(time);
}
