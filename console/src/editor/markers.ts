// Where are the mistakes that our compiler found? As markers at their lines.

import type * as Api from 'monaco-editor/editor/editor.api';

/** A mistake, as the compiler and failed builds tell it. */
export interface Mistake {
  message: string;
  hint?: string | null;
  /** From 1; 0 when there is no line to name. */
  line: number;
  /** In characters, from 1; 0 when there is no column to name. */
  column: number;
}

const OWNER = 'sandglass';

/** Shows these mistakes in the model, and no others. */
export function mark(monaco: typeof Api, model: Api.editor.ITextModel, mistakes: Mistake[]): void {
  const markers = mistakes.map((mistake) => ({
    severity: monaco.MarkerSeverity.Error,
    message: words(mistake),
    source: 'Sandglass',
    ...span(model, mistake),
  }));
  monaco.editor.setModelMarkers(model, OWNER, markers);
}

/** What is said of a mistake. */
export function words({ message, hint }: Mistake): string {
  return hint ? `${message}\n${hint}` : message;
}

function span(model: Api.editor.ITextModel, { line, column }: Mistake): Api.IRange {
  const lineNumber = Math.min(Math.max(line, 1), model.getLineCount());
  const end = model.getLineMaxColumn(lineNumber);
  if (line < 1 || column < 1) {
    const first = model.getLineFirstNonWhitespaceColumn(lineNumber) || 1;
    return range(lineNumber, first, end);
  }
  const start = Math.min(unitColumn(model.getLineContent(lineNumber), column), end);
  const word = model.getWordAtPosition({ lineNumber, column: start });
  // At the end of a line there is nothing to underline but what is before it.
  if (start === end) return range(lineNumber, Math.max(start - 1, 1), end);
  return range(lineNumber, start, word?.endColumn ?? start + 1);
}

/** The compiler counts characters, Monaco UTF-16 units. */
export function unitColumn(line: string, column: number): number {
  return [...line].slice(0, column - 1).join('').length + 1;
}

function range(line: number, startColumn: number, endColumn: number): Api.IRange {
  return { startLineNumber: line, startColumn, endLineNumber: line, endColumn };
}
