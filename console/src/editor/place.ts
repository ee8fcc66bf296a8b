// What is being written at the cursor? Told from the text of the line before it.

export type Place =
  /** The name of a package: `require('lo`. */
  | { kind: 'package'; typed: string }
  /** A field of what came in: `input.payload.co`; `path` is what was gone through. */
  | { kind: 'input'; path: string[]; typed: string }
  /** The name of a variable: `process.env.A`, `process.env['A`. */
  | { kind: 'variable'; typed: string }
  /** The key of a secret: `readSecret('a`. */
  | { kind: 'secret'; typed: string }
  /** Where a statement begins. */
  | { kind: 'statement'; typed: string };

const PACKAGE = /(?:\brequire\s*\(\s*|\bfrom\s*|\bimport\s*\(?\s*)(['"`])([^'"`]*)$/;
const INPUT = /(?:^|[^.\w$])input((?:\??\.[\w$]+)*)\??\.([\w$]*)$/;
const VARIABLE = /\bprocess\.env(?:\.|\[\s*['"`])([\w]*)$/;
const SECRET = /\breadSecret\s*\(\s*['"`]([^'"`]*)$/;
const STATEMENT = /^\s*([\w]*)$/;

/** The place after this much of a line; nothing where the types alone know more. */
export function placeAfter(before: string): Place | undefined {
  const named = PACKAGE.exec(before);
  if (named) return { kind: 'package', typed: named[2] ?? '' };
  const secret = SECRET.exec(before);
  if (secret) return { kind: 'secret', typed: secret[1] ?? '' };
  const variable = VARIABLE.exec(before);
  if (variable) return { kind: 'variable', typed: variable[1] ?? '' };
  const input = INPUT.exec(before);
  if (input) return { kind: 'input', path: steps(input[1] ?? ''), typed: input[2] ?? '' };
  const statement = STATEMENT.exec(before);
  return statement ? { kind: 'statement', typed: statement[1] ?? '' } : undefined;
}

function steps(path: string): string[] {
  return path.split(/\??\./).filter((step) => step !== '');
}

/** The fields of what a path leads to in a sample, with what is in them. */
export function fieldsAt(sample: unknown, path: readonly string[]): [string, unknown][] {
  let at: unknown = sample;
  for (const step of path) {
    if (!isRecord(at)) return [];
    at = at[step];
  }
  return isRecord(at) ? Object.entries(at).filter(([name]) => /^[\w$]+$/.test(name)) : [];
}

/** A snippet's code with a stop of the tab key at each `YOUR_…`, the same word the same stop. */
export function withStops(code: string): string {
  const stops: string[] = [];
  return code
    .replace(/[\\$}]/g, (sign) => `\\${sign}`)
    .replace(/\bYOUR_[A-Z0-9_]+\b/g, (word) => {
      if (!stops.includes(word)) stops.push(word);
      return `\${${stops.indexOf(word) + 1}:${word}}`;
    });
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
