// Where is the real server? Started once for each worker of the tests, on a free port, with a data
// directory of its own that is gone afterwards.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

import { Front } from './front';

/** The account that a first start makes. */
export const ACCOUNT = '10000001';

/** What opens a new account. */
export interface Access {
  loginName: string;
  password: string;
  token: string;
}

export class Server {
  private constructor(
    /** Where the console is. */
    readonly url: string,
    readonly dataDir: string,
    private readonly child: ChildProcess,
    private readonly front: Front | undefined,
  ) {}

  /** Starts the binary that `SANDGLASS_BIN` names, and waits until its example lambdas are live. */
  static async start(): Promise<Server> {
    const binary = process.env['SANDGLASS_BIN'];
    if (!binary) throw new Error('SANDGLASS_BIN has to name the built sandglass command');
    const dataDir = await mkdtemp(join(tmpdir(), 'sandglass-console-'));
    const arguments_ = ['--json', 'up', '--listen', '127.0.0.1:0', '--data-dir', dataDir];
    const child = spawn(binary, [...arguments_, '--allow-private'], {
      cwd: dataDir,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const url = await urlOf(child);
    if (!process.env['CONSOLE_DIST']) return new Server(url, dataDir, child, undefined);
    const front = await Front.start(url, process.env['CONSOLE_DIST']);
    return new Server(front.url, dataDir, child, front);
  }

  /** The first password of the user `admin`. */
  async password(): Promise<string> {
    return (await readFile(join(this.dataDir, 'admin.password'), 'utf8')).trim();
  }

  /** Asks the API with the first token; what tests prepare and look at behind the console's back. */
  async api(
    method: string,
    path: string,
    body?: unknown,
    more: Readonly<Record<string, string>> = {},
  ): Promise<unknown> {
    const token = (await readFile(join(this.dataDir, 'admin.token'), 'utf8')).trim();
    const answer = await fetch(`${this.url}/api/account/${ACCOUNT}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        'content-type': 'application/json',
        ...more,
      },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return text === '' ? undefined : JSON.parse(text);
  }

  /** Makes an account that has nothing yet; its first user is `admin`. */
  async account(id: string): Promise<Access> {
    const token = (await readFile(join(this.dataDir, 'operator.token'), 'utf8')).trim();
    const answer = await fetch(`${this.url}/api/accounts`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ id }),
    });
    if (!answer.ok) throw new Error(`the account ${id} was not made: ${await answer.text()}`);
    return (await answer.json()) as Access;
  }

  async stop(): Promise<void> {
    this.front?.stop();
    if (this.child.exitCode === null) {
      const exited = once(this.child, 'exit');
      this.child.kill('SIGTERM');
      await exited;
    }
    await rm(this.dataDir, { recursive: true, force: true });
  }
}

/** What `up --json` prints once all is ready. */
async function urlOf(child: ChildProcess): Promise<string> {
  if (!child.stdout) throw new Error('the server has no output');
  let text = '';
  for await (const line of createInterface({ input: child.stdout })) {
    text += `${line}\n`;
    const ready = parsed(text) ?? parsed(line);
    if (typeof ready?.['url'] === 'string') return ready['url'];
  }
  throw new Error(`the server ended before it was ready: ${text}`);
}

function parsed(text: string): Record<string, unknown> | undefined {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}
