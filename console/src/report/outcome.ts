// How did it end, in words? One tone, one word and one sentence for each outcome of a run.

import { sentence } from '$/api/problem';
import type { Tone } from '$/ui';

import type { RunReport } from './types';

export interface Ending {
  tone: Tone;
  label: string;
  /** What that means, and whose turn it is. */
  detail: string;
}

/** Limits by their names in the configuration. */
const LIMITS: Readonly<Record<string, string>> = {
  wall_clock: 'time limit',
  fuel: 'fuel limit',
  memory: 'memory limit',
  result_bytes: 'size limit of results',
  payload_bytes: 'size limit of payloads',
  stack: 'stack limit',
};

const BLAME: Readonly<Record<string, string>> = {
  caller: 'The input is what has to change.',
  guest: 'The lambda is what has to change.',
  host: 'This is the server’s doing: try again, and tell its administrator if it stays.',
};

/** What is said of a run above everything else. */
export function endingOf(report: RunReport): Ending {
  const blame = BLAME[report.error?.blame ?? ''] ?? '';
  switch (report.outcome) {
    case 'returned':
      return { tone: 'live', label: 'Returned', detail: 'The lambda called back with a result.' };
    case 'threw':
      return { tone: 'failed', label: 'Threw', detail: `The lambda failed. ${blame}`.trim() };
    case 'exceeded': {
      const limit = limitName(report.error?.limit);
      return {
        tone: 'failed',
        label: `Hit the ${limit}`,
        detail: `It was stopped. ${blame}`.trim(),
      };
    }
    case 'notBuilt':
      return { tone: 'failed', label: 'Does not build', detail: 'Nothing was run.' };
    default:
      return { tone: 'draft', label: report.outcome, detail: '' };
  }
}

/** The headline of a failure: "TypeError: x is undefined". */
export function headline(report: RunReport): string {
  const { name, message } = report.error ?? {};
  const words = message ?? 'It said nothing about why.';
  return name ? `${name}: ${words}` : sentence(words);
}

function limitName(limit: string | undefined): string {
  if (limit === undefined || limit === '') return 'limit';
  return LIMITS[limit] ?? `limit ${limit.replaceAll('_', ' ')}`;
}
