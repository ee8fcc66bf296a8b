// How far back, and in which steps? The platform's: five minutes for an hour, an hour up to a week, a day beyond.

export const CHART_SPANS = {
  '1h': { label: '1 hour', ms: 3_600_000, stepSeconds: 300 },
  '24h': { label: '24 hours', ms: 86_400_000, stepSeconds: 3_600 },
  '7d': { label: '7 days', ms: 604_800_000, stepSeconds: 3_600 },
  '30d': { label: '30 days', ms: 2_592_000_000, stepSeconds: 86_400 },
} as const;

export type ChartSpan = keyof typeof CHART_SPANS;

/** The span that an address names; 24 hours when it names none. */
export function chartSpan(text: string | null): ChartSpan {
  return text !== null && text in CHART_SPANS ? (text as ChartSpan) : '24h';
}

/** The query of a report over a span that ends now. */
export function spanQuery(span: ChartSpan, now = Date.now()) {
  const { ms, stepSeconds } = CHART_SPANS[span];
  return { startTimestamp: now - ms, endTimestamp: now, bucketSize: stepSeconds };
}
