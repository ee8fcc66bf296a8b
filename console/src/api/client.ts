// How does the console ask the server? Through paths and types of the OpenAPI document, always in the
// account of the session and with its token; every failure is a `Problem`.

import createClient, { type Client } from 'openapi-fetch';

import { session } from '$/auth/session.svelte';

import { problemFrom, problemOf } from './problem';
import type { paths } from './schema';

const PREFIX = '/api/account/{account}';

/** The values of a path, without the account; nothing where that is all there is. */
type OtherValues<Path> =
  Exclude<keyof Path, 'account'> extends never ? { path?: never } : { path: Omit<Path, 'account'> };

/** An operation whose account comes from the session. */
type WithoutAccount<Operation> = Operation extends { parameters: { path: infer Path } }
  ? Omit<Operation, 'parameters'> & {
      parameters: Omit<Operation['parameters'], 'path'> & OtherValues<Path>;
    }
  : Operation;

type InAccount<Path> = Path extends `${typeof PREFIX}${infer Rest}` ? Rest : never;

/** The paths of an account, without what they all begin with. */
export type AccountPaths = {
  [Path in keyof paths as InAccount<Path>]: {
    [Method in keyof paths[Path]]: WithoutAccount<paths[Path][Method]>;
  };
};

let client: { account: string; api: Client<AccountPaths> } | undefined;

/** The API of the session's account: `await ok(api().GET('/lambdas'))`. */
export function api(): Client<AccountPaths> {
  const account = session.account;
  if (client?.account !== account) {
    const baseUrl = accountUrl(account);
    client = { account, api: createClient<AccountPaths>({ baseUrl, fetch: authorized }) };
  }
  return client.api;
}

/** Where the account's API is. */
export function accountUrl(account = session.account): string {
  return `${location.origin}${PREFIX.replace('{account}', encodeURIComponent(account))}`;
}

/** What a well-behaved answer holds. */
interface Answer<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

/** The answer's data; anything but a success is thrown as a `Problem`. */
export async function ok<T>(asked: Promise<Answer<T>>): Promise<T> {
  const { data, error, response } = await asked.catch((thrown: unknown) => {
    throw problemFrom(thrown);
  });
  // 304 is how the server says that a change changed nothing.
  if (response.ok || response.status === 304) return data as T;
  throw problemOf(response.status, error);
}

/** `fetch` with the session's token, once more when the token was only too old. */
export async function authorized(request: Request): Promise<Response> {
  const again = request.clone();
  const token = await session.token();
  const answer = await fetch(withToken(request, token));
  if (answer.status !== 401) return answer;
  const fresh = await session.renew(token);
  return fresh === undefined ? answer : fetch(withToken(again, fresh));
}

/** The answer, where it is no JSON that the document describes; anything but a success is thrown as a `Problem`. */
export async function answerTo(request: Request): Promise<Response> {
  const answer = await authorized(request).catch((thrown: unknown) => {
    throw problemFrom(thrown);
  });
  if (answer.ok) return answer;
  throw problemOf(answer.status, await answer.json().catch(() => undefined));
}

function withToken(request: Request, token: string | undefined): Request {
  if (token !== undefined) request.headers.set('authorization', `Bearer ${token}`);
  return request;
}
