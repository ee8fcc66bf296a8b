// When was each request under way? Bars on the one time line of the run.

import type { RunRequest } from './types';

export interface Row {
  request: RunRequest;
  /** `example.com`, `/path?query`. */
  host: string;
  path: string;
  /** Where its bar begins, and how long it is, in hundredths of the whole. */
  left: number;
  width: number;
  failed: boolean;
}

export interface Waterfall {
  rows: Row[];
  /** How long the time line is, in milliseconds. */
  whole: number;
}

/** A bar that can be seen, however short. */
const WIDTH_MIN = 0.6;

/** The requests on the time line of a run that took so long. */
export function waterfallOf(requests: readonly RunRequest[], wallMs: number): Waterfall {
  const ends = requests.map(({ startMs, durationMs }) => startMs + durationMs);
  const whole = Math.max(wallMs, ...ends, Number.MIN_VALUE);
  return { rows: requests.map((request) => rowOf(request, whole)), whole };
}

function rowOf(request: RunRequest, whole: number): Row {
  const left = Math.min((request.startMs / whole) * 100, 100 - WIDTH_MIN);
  const width = Math.max((request.durationMs / whole) * 100, WIDTH_MIN);
  const failed = typeof request.status !== 'number' || request.status >= 400;
  return { request, ...split(request.url), left, width: Math.min(width, 100 - left), failed };
}

function split(url: string): { host: string; path: string } {
  if (!URL.canParse(url)) return { host: url, path: '' };
  const { host, pathname, search } = new URL(url);
  return { host, path: pathname === '/' && search === '' ? '/' : pathname + search };
}
