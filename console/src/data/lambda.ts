// What can be done with one lambda, wherever it is shown? Each function says what happened, or throws a
// `Problem`.

import { strToU8, zipSync } from 'fflate';

import { api, ok } from '$/api/client';
import type { Lambda } from '$/api/types';

/** A lambda with its code, named or by its UUID. */
export async function readLambda(lambda: string, signal?: AbortSignal): Promise<Lambda> {
  const params = { path: { lambda } };
  const read = await ok(api().GET('/lambdas/{lambda}', { params, signal }));
  // Only with `v=1` it comes as an array of one.
  return read as Lambda;
}

/** Makes a draft of what a lambda is, under another name or, after it was deleted, its own. */
export async function draftOf(lambda: Lambda, name: string): Promise<Lambda> {
  const { description, eventId, skills, implementation } = lambda;
  const body = { name, version: -1, description, eventId, skills, implementation };
  return ok(api().POST('/lambdas', { body }));
}

/** Deletes a lambda. One that is live, or about to be, is refused with 409: `undeployLambda` first. */
export async function deleteLambda(lambda: string): Promise<void> {
  await ok(api().DELETE('/lambdas/{lambda}', { params: { path: { lambda } } }));
}

const LEAVING_MS = 300;

/** Takes a lambda down, and waits until it is: nobody can invoke it any more, and its code is a draft. */
export async function undeployLambda(lambda: string): Promise<void> {
  await ok(api().DELETE('/deployments/{lambda}', { params: { path: { lambda } } }));
  while ((await readLambda(lambda)).state === 'Marked Undeployed') {
    await new Promise((resolve) => setTimeout(resolve, LEAVING_MS));
  }
}

/** A lambda as the platform's command line keeps it: `functions/NAME/index.js` and `config.json`. */
export function exported(lambda: Lambda): Uint8Array<ArrayBuffer> {
  const { name, description, eventId, implementation } = lambda;
  const config = {
    name,
    event: eventId ?? 'No Event',
    description,
    input: { headers: [], payload: {} },
    environmentVariables: implementation.environmentVariables ?? [],
  };
  const folder = `functions/${name}`;
  const files = {
    [`${folder}/index.js`]: strToU8(implementation.code),
    [`${folder}/config.json`]: strToU8(`${JSON.stringify(config, null, 2)}\n`),
  };
  // The zip's times are of no use and would make each export another file.
  return zipSync(files, { mtime: new Date('1980-01-01T00:00:00') });
}
