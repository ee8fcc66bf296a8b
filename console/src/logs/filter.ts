// Which entries are wanted? What the address says, and the queries that follow from it.

/** The levels that are kept; Debug is for runs by hand only. */
export const LEVELS = ['Info', 'Warn', 'Error'] as const;

export type Level = (typeof LEVELS)[number];

/** How far back, by its word in the address. */
export const SPANS = {
  '1h': { label: 'the last hour', ms: 3_600_000 },
  '24h': { label: 'the last 24 hours', ms: 86_400_000 },
  '7d': { label: 'the last 7 days', ms: 604_800_000 },
} as const;

/** The longest time, which a search has by itself: asked for by this clock, it would be too long for another one. */
const LONGEST = '7d';

export type Span = keyof typeof SPANS;

export interface Filter {
  lambda: string | undefined;
  levels: readonly Level[];
  text: string | undefined;
  requestId: string | undefined;
  span: Span;
}

/** The filter that an address spells; what it does not know, it leaves out. */
export function filterOf(query: URLSearchParams, lambda?: string): Filter {
  const asked = (query.get('level') ?? '').split(',');
  const span = query.get('span') ?? '';
  return {
    lambda: lambda ?? (query.get('lambda') || undefined),
    levels: LEVELS.filter((level) => asked.includes(level)),
    text: query.get('text') || undefined,
    requestId: query.get('requestId') || undefined,
    span: span in SPANS ? (span as Span) : '24h',
  };
}

/** A filter without the last of its levels, or with one more, as the address has it. */
export function toggled(levels: readonly Level[], level: Level): string | undefined {
  const next = levels.includes(level)
    ? levels.filter((other) => other !== level)
    : LEVELS.filter((other) => other === level || levels.includes(other));
  return next.length === 0 ? undefined : next.join(',');
}

/** The query of a search or of a tail, which may repeat `level`. */
export function queryOf({ lambda, levels, text, requestId }: Filter): URLSearchParams {
  const query = new URLSearchParams();
  if (lambda) query.set('lambda', lambda);
  for (const level of levels) query.append('level', level);
  if (text) query.set('text', text);
  if (requestId) query.set('requestId', requestId);
  return query;
}

/** Whether it leaves out entries of its time. */
export function isNarrow({ levels, text, requestId }: Filter): boolean {
  return levels.length > 0 || text !== undefined || requestId !== undefined;
}

/** When a span begins, where that has to be said. */
export function startOf(span: Span, now: number): number | undefined {
  return span === LONGEST ? undefined : now - SPANS[span].ms;
}

/** The query of an export of the same entries. Levels and times have the names that the platform gave them. */
export function exportQuery(
  filter: Filter,
  uuid: string | undefined,
  now: number,
): URLSearchParams {
  const query = new URLSearchParams();
  if (uuid) query.set('lambdaUUID', uuid);
  for (const level of filter.levels) query.append('filterLevels', level);
  if (filter.text) query.set('text', filter.text);
  if (filter.requestId) query.set('requestId', filter.requestId);
  const start = startOf(filter.span, now);
  if (start !== undefined) query.set('startTimestamp', String(start));
  return query;
}
