// Where was it thrown? The lines of a stack, and for those in the user's code the place to go to.

/** A line of a stack. */
export interface Frame {
  /** "at inner" */
  text: string;
  /** The place in the user's code, if it is there. */
  place?: { label: string; file: string; line: number; column: number };
}

const PLACE = /^(?<text>.*?)\s*\(?(?<file>[\w.@/-]+\.[cm]?[jt]s):(?<line>\d+):(?<column>\d+)\)?$/;

/** The frames of a stack, innermost first. */
export function framesOf(stack: string): Frame[] {
  return stack
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .map(frameOf);
}

function frameOf(line: string): Frame {
  const groups = PLACE.exec(line)?.groups;
  if (!groups) return { text: line };
  const { text = '', file = '', line: at = '', column = '' } = groups;
  const label = `${file}:${at}:${column}`;
  return { text, place: { label, file, line: Number(at), column: Number(column) } };
}
