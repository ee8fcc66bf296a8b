// How are streams of the server read? As server-sent events over `fetch`: an `EventSource` cannot send a
// token in a header.

import { answerTo } from './client';
import { type ServerEvent, EventParser } from './sse';

export type { ServerEvent };

/** The events of a stream, until it ends or the signal fires. */
export async function* events(url: string, signal: AbortSignal): AsyncGenerator<ServerEvent> {
  const request = new Request(url, { signal, headers: { accept: 'text/event-stream' } });
  const { body } = await answerTo(request);
  if (body === null) return;
  const parser = new EventParser();
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    yield* parser.push(value);
  }
}
