// Which colours does code have where there is no editor? Enough of JavaScript, TypeScript and JSON to be
// read at a glance; it never fails, whatever it is given.

/** A piece of code and what kind it is. */
export interface Piece {
  text: string;
  kind: 'plain' | 'keyword' | 'string' | 'number' | 'comment' | 'function' | 'type';
}

const KEYWORDS =
  'as async await break case catch class const continue default delete do else export extends false ' +
  'finally for from function if import in instanceof interface let new null of return static super ' +
  'switch this throw true try type typeof undefined var void while yield';

const TOKEN = new RegExp(
  [
    String.raw`(?<comment>//[^\n]*|/\*[^]*?(?:\*/|$))`,
    String.raw`(?<string>"(?:[^"\\\n]|\\.)*"?|'(?:[^'\\\n]|\\.)*'?|\`(?:[^\`\\]|\\[^])*\`?)`,
    String.raw`(?<number>\b(?:0[xob][\da-f_]+|\d[\d_]*(?:\.\d+)?(?:e[+-]?\d+)?)n?\b)`,
    String.raw`(?<keyword>\b(?:${KEYWORDS.replaceAll(' ', '|')})\b)`,
    String.raw`(?<function>[A-Za-z_$][\w$]*(?=\s*\())`,
    String.raw`(?<type>\b[A-Z][\w$]*)`,
    // A word that holds none of the above.
    String.raw`[A-Za-z_$][\w$]*`,
  ].join('|'),
  'gi',
);

/** The pieces of a code, which together are the code. */
export function pieces(code: string): Piece[] {
  const found: Piece[] = [];
  let end = 0;
  for (const match of code.matchAll(TOKEN)) {
    const kind = kindOf(match.groups ?? {});
    if (kind === 'plain') continue;
    if (match.index > end) found.push({ text: code.slice(end, match.index), kind: 'plain' });
    found.push({ text: match[0], kind });
    end = match.index + match[0].length;
  }
  if (end < code.length) found.push({ text: code.slice(end), kind: 'plain' });
  return found;
}

function kindOf(groups: Record<string, string | undefined>): Piece['kind'] {
  const [kind] = Object.entries(groups).find(([, text]) => text !== undefined) ?? ['plain'];
  // The expression ignores case for the sake of numbers; keywords and types do not.
  if (kind === 'keyword' && groups[kind] !== groups[kind]?.toLowerCase()) return 'type';
  if (kind === 'type' && !/^[A-Z]/.test(groups[kind] ?? '')) return 'plain';
  return kind as Piece['kind'];
}
