// What is a lambda tried with? The text of an input, prefilled from its event, checked before it is sent, and
// kept for as long as the tab lives.

import type { components } from '$/api/schema';
import { inputKey } from '$/auth/leavings';

import { jsonMistake } from './json_mistake';

type Schemas = components['schemas'];
export type RunInput = Schemas['RunInput'];
export type Sample = Schemas['Sample'];

/** The input that an event's sample makes; that of a lambda without an event is empty. */
export function inputText(sample: Sample | undefined): string {
  const { headers, payload } = sample ?? { headers: [], payload: {} };
  return `${JSON.stringify({ headers, payload }, null, 2)}\n`;
}

/** An input, or what is wrong with its text. */
export type Parsed = { input: RunInput } | { problem: string };

/** Reads the text of an input. */
export function parseInput(text: string): Parsed {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { problem: `This is not JSON: ${jsonMistake(text)}` };
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return { problem: 'The input is an object with “headers” and “payload”.' };
  }
  if (!('payload' in value))
    return { problem: 'The input needs a “payload”, which may be anything.' };
  const { headers } = value as { headers?: unknown };
  if (headers != null && !isHeaders(headers)) {
    return { problem: '“headers” is a list of objects with the texts “key” and “value”.' };
  }
  return { input: value as RunInput };
}

function isHeaders(value: unknown): boolean {
  return (
    Array.isArray(value) &&
    value.every(
      (header: unknown) =>
        typeof header === 'object' &&
        header !== null &&
        typeof (header as Schemas['RunHeader']).key === 'string' &&
        typeof (header as Schemas['RunHeader']).value === 'string',
    )
  );
}

/** The text that this lambda was tried with last in this tab. */
export function keptInput(account: string, lambda: string): string | undefined {
  return sessionStorage.getItem(inputKey(account, lambda)) ?? undefined;
}

/** Keeps the text for as long as the tab lives, or until somebody signs out; nothing forgets it. */
export function keepInput(account: string, lambda: string, text: string | undefined): void {
  if (text === undefined) sessionStorage.removeItem(inputKey(account, lambda));
  else sessionStorage.setItem(inputKey(account, lambda), text);
}
