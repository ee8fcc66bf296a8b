// What is read beside the lambda itself? Things that the editor knows more with, and does without.

import { api, ok } from '$/api/client';
import type { components } from '$/api/schema';
import type { Lambda } from '$/api/types';
import { session } from '$/auth/session.svelte';
import type { Snippet } from '$/editor/context';

export type EventInfo = components['schemas']['EventInfo'];

export interface Source {
  fileName: string;
  language: 'javascript' | 'typescript';
  /** Whether it was saved with all that it imports, which is nowhere but in its bundle. */
  bundled: boolean;
}

/** How the file is called, which says in which language it is, and whether it is all of the lambda. */
export async function readSource({ uuid, name, version }: Lambda): Promise<Source> {
  const path = { lambda: uuid, version: String(version) };
  const asked = ok(api().GET('/lambdas/{lambda}/versions/{version}', { params: { path } }));
  const unknown = { fileName: `${name}.js`, bundled: false };
  const { fileName, bundled } = await asked.catch(() => unknown);
  const language = /\.[cm]?tsx?$/.test(fileName) ? 'typescript' : 'javascript';
  return { fileName, language, bundled };
}

/** What the account offers to whoever writes code. */
export interface Surroundings {
  packages: Readonly<Record<string, string>>;
  snippets: readonly Snippet[];
  secrets: readonly string[];
  event: EventInfo | undefined;
}

export const NOTHING: Surroundings = { packages: {}, snippets: [], secrets: [], event: undefined };

/** Reads it; what cannot be read is left out. */
export async function readSurroundings(
  event: string | null | undefined,
  signal: AbortSignal,
): Promise<Surroundings> {
  const or = async <T>(asked: Promise<T>, otherwise: T) => asked.catch(() => otherwise);
  const [packages, snippets, secrets, info] = await Promise.all([
    or(ok(api().GET('/packages', { signal })), NOTHING.packages),
    or(ok(api().GET('/snippets', { signal })), NOTHING.snippets),
    session.can('ReadSecrets') ? or(secretKeys(signal), []) : [],
    event ? or(readEvent(event, signal), undefined) : undefined,
  ]);
  return { packages, snippets, secrets, event: info };
}

async function secretKeys(signal: AbortSignal): Promise<string[]> {
  const secrets = await ok(api().GET('/secrets', { signal }));
  return secrets.map((secret) => secret.key);
}

async function readEvent(event: string, signal: AbortSignal): Promise<EventInfo> {
  return ok(api().GET('/events/{event}', { params: { path: { event } }, signal }));
}
