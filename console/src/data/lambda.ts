// What can be done with one lambda, wherever it is shown? Each function says what happened, or throws a
// `Problem`.

import { strToU8, zipSync } from 'fflate';

import { api, ok } from '$/api/client';
import type { Bundle, Lambda } from '$/api/types';

/** A lambda with its code, named or by its UUID. */
export async function readLambda(lambda: string, signal?: AbortSignal): Promise<Lambda> {
  const params = { path: { lambda } };
  const read = await ok(api().GET('/lambdas/{lambda}', { params, signal }));
  // Only with `v=1` it comes as an array of one.
  return read as Lambda;
}

/** A lambda with what belongs to its code: how its file is called, and what it was bundled to. */
export interface Whole extends Lambda {
  fileName: string;
  bundle: Bundle | undefined;
}

/** Reads a lambda with all that another one like it needs. */
export async function readWhole(lambda: string): Promise<Whole> {
  const read = await readLambda(lambda);
  const params = { path: { lambda: read.uuid, version: String(read.version) } };
  const asked = api().GET('/lambdas/{lambda}/versions/{version}', { params });
  const { fileName, bundled } = await ok(asked);
  const bundle = bundled
    ? await ok(api().GET('/lambdas/{lambda}/versions/{version}/bundle', { params }))
    : undefined;
  return { ...read, fileName, bundle };
}

/** Makes a draft of what a lambda is, under another name or, after it was deleted, its own. */
export async function draftOf(lambda: Whole, name: string): Promise<Lambda> {
  const { description, eventId, skills, implementation, fileName, bundle } = lambda;
  const more = { fileName, ...(bundle ? { bundle } : {}) };
  const body = { name, version: -1, description, eventId, skills, implementation, ...more };
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

/**
 * A lambda as the platform's command line keeps it: `functions/NAME/index.js` and `config.json`. What was
 * bundled is there as one script that needs nothing else, and as the text that was written.
 */
export function exported(lambda: Whole): Uint8Array<ArrayBuffer> {
  const { name, description, eventId, implementation, fileName, bundle } = lambda;
  const config = {
    name,
    event: eventId ?? 'No Event',
    description,
    input: { headers: [], payload: {} },
    environmentVariables: implementation.environmentVariables ?? [],
  };
  const folder = `functions/${name}`;
  const ending = /\.[cm]?[jt]s$/.exec(fileName)?.[0] ?? '.js';
  const code = bundle
    ? { [`${folder}/index.js`]: bundle.code, [`${folder}/source${ending}`]: implementation.code }
    : { [`${folder}/index${ending}`]: implementation.code };
  const texts = { ...code, [`${folder}/config.json`]: `${JSON.stringify(config, null, 2)}\n` };
  const files = Object.entries(texts).map(([path, text]) => [path, strToU8(text)] as const);
  // The zip's times are of no use and would make each export another file.
  return zipSync(Object.fromEntries(files), { mtime: new Date('1980-01-01T00:00:00') });
}
