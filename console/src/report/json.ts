// How is a piece of JSON shown? By its kind, and in one short line while it is folded.

export type Kind = 'object' | 'list' | 'string' | 'number' | 'word';

const PREVIEW_MAX = 80;

export function kindOf(value: unknown): Kind {
  if (Array.isArray(value)) return 'list';
  if (typeof value === 'object' && value !== null) return 'object';
  if (typeof value === 'string') return 'string';
  return typeof value === 'number' ? 'number' : 'word';
}

/** A value without anything inside, as JSON writes it. */
export function literal(value: unknown): string {
  return JSON.stringify(value) ?? 'undefined';
}

/** The beginning of it, in one line. */
export function preview(value: unknown): string {
  const text = literal(value);
  return text.length <= PREVIEW_MAX ? text : `${text.slice(0, PREVIEW_MAX - 1)}…`;
}

/** What is wrong with a text that should be JSON, or nothing. */
export function jsonProblem(text: string): string | undefined {
  try {
    JSON.parse(text);
    return undefined;
  } catch (thrown) {
    return thrown instanceof Error ? thrown.message : String(thrown);
  }
}
