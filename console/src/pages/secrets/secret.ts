// Can this be a secret? Said while typing; the server has the last word.

const KEY = /^[A-Za-z0-9_-]{1,100}$/;
const VALUE_CHARS_MAX = 10_000;

/** What is wrong with a key, as a sentence. */
export function keyProblem(key: string, taken: readonly string[]): string | undefined {
  if (!KEY.test(key)) return 'A key has 1 to 100 letters, digits, _ and -.';
  return taken.includes(key) ? `${key} is there already: replace its value instead.` : undefined;
}

/** A text as it was typed, or the JSON that it spells. */
export function valueOf(text: string, json: boolean): { value?: unknown; error?: string } {
  if ([...text].length > VALUE_CHARS_MAX)
    return { error: 'A value has at most 10,000 characters.' };
  if (!json) return { value: text };
  try {
    return { value: JSON.parse(text) as unknown };
  } catch (thrown) {
    return { error: `This is not JSON: ${(thrown as Error).message}.` };
  }
}
