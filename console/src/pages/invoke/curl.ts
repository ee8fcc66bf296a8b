// How is the same invoked from a terminal?

import type { RunInput } from '$/report/input';

/** A line for a POSIX shell, whose strings in single quotes know no escapes. */
export function curlLine(url: string, token: string, input: RunInput): string {
  const body = JSON.stringify({ timestamp: 0, headers: [], ...input });
  return [
    `curl -X POST ${quoted(url)}`,
    `-H ${quoted(`Authorization: Bearer ${token}`)}`,
    `-H 'Content-Type: application/json'`,
    `-d ${quoted(body)}`,
  ].join(' \\\n  ');
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
