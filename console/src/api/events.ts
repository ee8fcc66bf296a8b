// How are streams of the server read? As server-sent events over `fetch`: an `EventSource` cannot send a
// token in a header.

import { authorized } from './client';
import { problemFrom, problemOf } from './problem';
import { type ServerEvent, EventParser } from './sse';

export type { ServerEvent };

/** The events of a stream, until it ends or the signal fires. */
export async function* events(url: string, signal: AbortSignal): AsyncGenerator<ServerEvent> {
  const request = new Request(url, { signal, headers: { accept: 'text/event-stream' } });
  const answer = await authorized(request).catch((thrown: unknown) => {
    throw problemFrom(thrown);
  });
  if (!answer.ok || answer.body === null) {
    throw problemOf(answer.status, await answer.json().catch(() => undefined));
  }
  const parser = new EventParser();
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    yield* parser.push(value);
  }
}
