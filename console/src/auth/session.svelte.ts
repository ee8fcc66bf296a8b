// Who is here? Tokens live in this tab (memory and sessionStorage). Tabs of the same browser hand them to
// each other, so that a new one does not ask again, and a refresh token, which is good once, is used once.

import type { components } from '$/api/schema';
import { Problem, problemOf } from '$/api/problem';

import { forgetInputs, forgetUnsaved } from './leavings';
import { type Attempt, type Tokens, begin, finish, narrow, refresh, revoke } from './oauth';
import { type Action, type Permission, allows, refusal } from './permissions';

/** Who the token speaks for. */
export type Me = components['schemas']['Me'];

/** What a tab keeps. */
interface Kept extends Tokens {
  account: string;
}

type Word = { kind: 'ask' } | { kind: 'tokens'; kept: Kept } | { kind: 'out' };

const KEPT = 'sandglass.session';
const ATTEMPT = 'sandglass.attempt';
const ACCOUNT = 'sandglass.account';
/** The account that a server makes at its first start. */
const FIRST_ACCOUNT = '10000001';
/** How long before its end a token is taken for ended. */
const EARLY_MS = 60_000;
/** How long a new tab waits for another one to answer. */
const HAND_OVER_MS = 150;

class Session {
  #kept: Kept | undefined;
  #channel: BroadcastChannel | undefined;
  /** Who is signed in; nobody before `start` or after signing out. */
  me = $state.raw<Me>();
  /** Signed out on purpose, and not again in since: nothing of what was being done is to be kept. */
  left = false;

  /** The account of the session, or the one that was signed in to last. */
  get account(): string {
    return this.#kept?.account ?? localStorage.getItem(ACCOUNT) ?? FIRST_ACCOUNT;
  }

  /** Whose unsaved work is whose in this browser. */
  get owner(): string {
    return `${this.account}.${this.me?.userId ?? ''}`;
  }

  get permissions(): readonly Permission[] {
    return (this.me?.permissions ?? []) as Permission[];
  }

  /** Whether the user may. */
  can(action: Action): boolean {
    return allows(this.permissions, action);
  }

  /** Why the user may not, and who may. */
  why(action: Action): string | undefined {
    return refusal(this.permissions, action);
  }

  /** Takes up what this tab or another one has, and asks the server who that is. */
  async start(): Promise<void> {
    this.#listen();
    this.#kept = read<Kept>(KEPT) ?? (await this.#askOthers());
    if (this.#kept !== undefined) await this.#introduce();
  }

  /** Sends the browser off to sign in. */
  async signIn(account: string, then: string): Promise<void> {
    const [attempt, url] = await begin(account, then);
    write(ATTEMPT, attempt);
    location.assign(url);
  }

  /** Takes the browser back from signing in; answers the page that was wanted. */
  async comeBack(address: URL): Promise<string> {
    const attempt = read<Attempt>(ATTEMPT);
    sessionStorage.removeItem(ATTEMPT);
    if (attempt === undefined) throw new Problem(0, 'This sign-in was begun in another tab.');
    this.#keep({ account: attempt.account, ...(await finish(attempt, address)) });
    localStorage.setItem(ACCOUNT, attempt.account);
    await this.#introduce();
    return attempt.then;
  }

  /** Ends the session in every tab, with what was not saved. Answers how to end it on the server. */
  leave(): () => Promise<void> {
    const [kept, owner] = [this.#kept, this.owner];
    this.#left();
    this.#say({ kind: 'out' });
    forgetUnsaved(localStorage, owner);
    return async () => {
      if (kept !== undefined) await revoke(kept.account, kept.refresh ?? kept.access);
    };
  }

  /** A token for somewhere else: it invokes lambdas, for an hour at most, and opens nothing else. */
  async invokeToken(): Promise<string> {
    return narrow(this.account, (await this.token()) ?? '');
  }

  /** The token to send, refreshed when it is about to end. */
  async token(): Promise<string | undefined> {
    const kept = this.#kept;
    if (kept === undefined || kept.expiresAt - EARLY_MS > Date.now()) return kept?.access;
    return this.renew(kept.access);
  }

  /** Another token than this one, which opens nothing any more; none when the session has ended. */
  async renew(stale: string | undefined): Promise<string | undefined> {
    return navigator.locks.request(KEPT, async () => {
      const kept = this.#kept;
      // Another request or another tab was faster.
      if (kept !== undefined && kept.access !== stale) return kept.access;
      if (kept?.refresh === undefined) return this.#ended();
      try {
        this.#keep({ account: kept.account, ...(await refresh(kept.account, kept.refresh)) });
        return this.#kept?.access;
      } catch (thrown) {
        // Without an answer the session may well go on.
        if (thrown instanceof Problem && thrown.status === 0 && thrown.code === '') throw thrown;
        return this.#ended();
      }
    });
  }

  async #introduce(): Promise<void> {
    const url = `/api/account/${encodeURIComponent(this.account)}/me`;
    const ask = async (token: string | undefined) =>
      fetch(url, { headers: { authorization: `Bearer ${token ?? ''}` } });
    const token = await this.token();
    let answer = await ask(token);
    if (answer.status === 401) {
      const fresh = await this.renew(token);
      if (fresh === undefined) return;
      answer = await ask(fresh);
    }
    const body: unknown = await answer.json().catch(() => undefined);
    if (!answer.ok) throw problemOf(answer.status, body);
    this.me = body as Me;
  }

  #keep(kept: Kept): void {
    this.left = false;
    this.#kept = kept;
    write(KEPT, kept);
    this.#say({ kind: 'tokens', kept });
  }

  #left(): void {
    this.left = true;
    forgetInputs(sessionStorage);
    this.#forget();
  }

  #forget(): void {
    this.#kept = undefined;
    this.me = undefined;
    sessionStorage.removeItem(KEPT);
  }

  #ended(): undefined {
    this.#forget();
    return undefined;
  }

  #listen(): void {
    this.#channel = new BroadcastChannel(KEPT);
    this.#channel.onmessage = ({ data }: MessageEvent<Word>) => {
      if (data.kind === 'out') this.#left();
      else if (data.kind === 'ask') this.#answerOthers();
      // Only a tab that is in the same account takes the new tokens.
      else if (this.#kept?.account === data.kept.account) {
        this.#kept = data.kept;
        write(KEPT, data.kept);
      }
    };
  }

  #say(word: Word): void {
    this.#channel?.postMessage(word);
  }

  #answerOthers(): void {
    if (this.#kept !== undefined) this.#say({ kind: 'tokens', kept: this.#kept });
  }

  async #askOthers(): Promise<Kept | undefined> {
    const channel = new BroadcastChannel(KEPT);
    const answered = new Promise<Kept | undefined>((resolve) => {
      channel.onmessage = ({ data }: MessageEvent<Word>) => {
        if (data.kind === 'tokens') resolve(data.kept);
      };
      setTimeout(() => resolve(undefined), HAND_OVER_MS);
    });
    channel.postMessage({ kind: 'ask' } satisfies Word);
    const kept = await answered;
    channel.close();
    if (kept !== undefined) write(KEPT, kept);
    return kept;
  }
}

function read<T>(key: string): T | undefined {
  const text = sessionStorage.getItem(key);
  return text === null ? undefined : (JSON.parse(text) as T);
}

function write(key: string, value: unknown): void {
  sessionStorage.setItem(key, JSON.stringify(value));
}

/** The session of this tab. */
export const session = new Session();
