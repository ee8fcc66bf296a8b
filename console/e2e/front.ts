// How are stories told of a console that is not built into the server yet? With `CONSOLE_DIST=dist`, this
// stands before the server: it has the console of that folder, under the very headers that the server
// gives to its own, and passes everything else on.

import { existsSync, readFileSync } from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join } from 'node:path';

const KINDS: Readonly<Record<string, string>> = {
  '.css': 'text/css',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.svg': 'image/svg+xml',
  '.ttf': 'font/ttf',
  '.txt': 'text/plain; charset=utf-8',
  '.woff2': 'font/woff2',
};

export class Front {
  private constructor(
    readonly url: string,
    private readonly listener: http.Server,
  ) {}

  static async start(server: string, dist: string): Promise<Front> {
    const headers = await ownHeaders(server);
    const listener = http.createServer((asked, answer) => {
      const path = new URL(asked.url ?? '/', server).pathname;
      const file = path.slice('/console'.length);
      if (path.startsWith('/console/')) serve(answer, dist, file, headers);
      else pass(asked, answer, server);
    });
    await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
    const { port } = listener.address() as AddressInfo;
    return new Front(`http://127.0.0.1:${port}`, listener);
  }

  stop(): void {
    this.listener.closeAllConnections();
    this.listener.close();
  }
}

/** What the server lets its own files do, whichever file it is. */
async function ownHeaders(server: string): Promise<Record<string, string>> {
  const { headers } = await fetch(`${server}/console/`);
  const ofFiles = /^(content-security-policy|permissions-policy|referrer-policy|x-|cross-origin-)/;
  return Object.fromEntries([...headers].filter(([name]) => ofFiles.test(name)));
}

function serve(
  answer: http.ServerResponse,
  dist: string,
  path: string,
  bounds: Record<string, string>,
): void {
  const name = extname(path) === '' ? '/index.html' : path;
  const file = join(dist, `${name}.br`);
  if (!existsSync(file)) {
    answer.writeHead(404).end();
    return;
  }
  const kind = KINDS[extname(name)] ?? 'application/octet-stream';
  answer.writeHead(200, { ...bounds, 'content-type': kind, 'content-encoding': 'br' });
  answer.end(readFileSync(file));
}

function pass(asked: http.IncomingMessage, answer: http.ServerResponse, server: string): void {
  const { method, headers, url } = asked;
  // With the page's own host: the server compares the redirect URI with it.
  const passed = http.request(new URL(url ?? '/', server), { method, headers }, (got) => {
    answer.writeHead(got.statusCode ?? 502, got.headers);
    got.pipe(answer);
  });
  passed.on('error', () => answer.destroy());
  answer.on('close', () => passed.destroy());
  asked.pipe(passed);
}
