// Which rows are wanted? What the address says, and the query that follows from it.

export interface Filter {
  actor: string | undefined;
  action: string | undefined;
  target: string | undefined;
  /** The first day and the last one, as "2026-11-30", in local time; both are in it. */
  from: string | undefined;
  to: string | undefined;
}

const DAY = /^(\d{4})-(\d{2})-(\d{2})$/;

/** The filter that an address spells; a day that is none is left out. */
export function filterOf(query: URLSearchParams): Filter {
  const text = (name: string) => query.get(name) || undefined;
  const day = (name: string) => (begins(text(name)) === undefined ? undefined : text(name));
  return {
    actor: text('actor'),
    action: text('action'),
    target: text('target'),
    from: day('from'),
    to: day('to'),
  };
}

/** What is wrong with the days, as a sentence. */
export function daysProblem({ from, to }: Filter): string | undefined {
  return from !== undefined && to !== undefined && from > to
    ? 'The last day is before the first one.'
    : undefined;
}

/** The query of the API, in milliseconds: up to the last day's end. */
export function queryOf({ from, to, ...others }: Filter) {
  return { ...others, from: begins(from), to: begins(to, 1) };
}

/** When a day begins in local time, or one so many days later. */
function begins(day: string | undefined, later = 0): number | undefined {
  const [, year, month, date] = DAY.exec(day ?? '') ?? [];
  const at = new Date(Number(year), Number(month) - 1, Number(date) + later).getTime();
  return Number.isNaN(at) ? undefined : at;
}
