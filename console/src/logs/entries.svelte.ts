// Which entries are there? Those that a search found, and above them those that arrive while it is watched.

import { accountUrl, answerTo } from '$/api/client';
import { events } from '$/api/events';
import { type Problem, problemFrom } from '$/api/problem';
import type { components } from '$/api/schema';

import { type Filter, queryOf, startOf } from './filter';

export type LogLine = components['schemas']['LogLine'];

const PAGE = 100;
/** What is kept of a live tail: the oldest entries make room. */
const KEPT_MAX = 2_000;
const AGAIN_MS = 2_000;

export class Entries {
  lines = $state.raw<LogLine[]>();
  /** Where earlier entries go on. */
  cursor = $state<number>();
  loading = $state(false);
  problem = $state.raw<Problem>();
  /** Whether new entries are arriving by themselves. */
  live = $state(false);
  #running: AbortController | undefined;

  /** Searches anew, and watches what comes after when `live`. */
  async start(filter: Filter, live: boolean): Promise<void> {
    this.stop();
    const running = new AbortController();
    this.#running = running;
    this.loading = true;
    try {
      const page = await search(filter, undefined, running.signal);
      if (this.#running !== running) return;
      this.lines = page.entries;
      this.cursor = page.cursor ?? undefined;
      this.problem = undefined;
    } catch (thrown) {
      if (this.#running === running) this.problem = problemFrom(thrown);
      return;
    } finally {
      if (this.#running === running) this.loading = false;
    }
    if (live) await this.#watch(filter, running);
  }

  /** What was logged before the last one that is shown. */
  async earlier(filter: Filter): Promise<void> {
    const running = this.#running;
    if (this.cursor === undefined || this.loading) return;
    this.loading = true;
    try {
      const page = await search(filter, this.cursor, running?.signal);
      if (this.#running !== running) return;
      this.lines = [...(this.lines ?? []), ...page.entries];
      this.cursor = page.cursor ?? undefined;
    } catch (thrown) {
      if (this.#running === running) this.problem = problemFrom(thrown);
    } finally {
      if (this.#running === running) this.loading = false;
    }
  }

  stop(): void {
    this.#running?.abort();
    this.#running = undefined;
    this.live = false;
  }

  /** A tail that is cut off goes on where it was. */
  async #watch(filter: Filter, running: AbortController): Promise<void> {
    while (this.#running === running) {
      const query = queryOf(filter);
      query.set('after', String(this.lines?.[0]?.id ?? 0));
      try {
        this.live = true;
        for await (const event of events(`${accountUrl()}/logs/tail?${query}`, running.signal)) {
          if (this.#running !== running) return;
          if (event.data !== '') this.#take(JSON.parse(event.data) as LogLine);
        }
      } catch (thrown) {
        if (running.signal.aborted) return;
        const problem = problemFrom(thrown);
        // Too many tails, or no leave any more: waiting does not help.
        if (problem.status >= 400) this.problem = problem;
        this.live = false;
        if (problem.status >= 400) return;
      }
      await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
    }
  }

  #take(line: LogLine): void {
    const before = this.lines ?? [];
    if (before.some(({ id }) => id === line.id)) return;
    const lines = [line, ...before];
    if (lines.length > KEPT_MAX) {
      lines.length = KEPT_MAX;
      this.cursor = lines.at(-1)?.id;
    }
    this.lines = lines;
  }
}

/** The first entries there are: a page of a long search may be empty, and yet not be the last. */
async function search(
  filter: Filter,
  cursor: number | undefined,
  signal: AbortSignal | undefined,
): Promise<components['schemas']['LogsFound']> {
  let page = await pageOf(filter, cursor, signal);
  while (page.entries.length === 0 && page.cursor != null) {
    page = await pageOf(filter, page.cursor, signal);
  }
  return page;
}

/** `level` may repeat, which the client of the document does not spell. */
async function pageOf(
  filter: Filter,
  cursor: number | undefined,
  signal: AbortSignal | undefined,
): Promise<components['schemas']['LogsFound']> {
  const query = queryOf(filter);
  const start = startOf(filter.span, Date.now());
  if (start !== undefined) query.set('start', String(start));
  query.set('limit', String(PAGE));
  if (cursor !== undefined) query.set('cursor', String(cursor));
  const answer = await answerTo(new Request(`${accountUrl()}/logs?${query}`, { signal }));
  return (await answer.json()) as components['schemas']['LogsFound'];
}
