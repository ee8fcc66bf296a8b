// What is offered besides the types? Packages, the fields of the event's sample, variables, secrets and
// snippets.

import type * as Api from 'monaco-editor/editor/editor.api';

import { type CodeContext, NODE_MODULES, PLATFORM_VARIABLES, TOOLBELTS } from './context';
import { type Place, fieldsAt, placeAfter, withStops } from './place';

type Item = Omit<Api.languages.CompletionItem, 'range'>;

/** Offers what the context of a model has; a model without one is left alone. */
export function completion(
  monaco: typeof Api,
  contextOf: (model: Api.editor.ITextModel) => CodeContext | undefined,
): Api.languages.CompletionItemProvider {
  return {
    triggerCharacters: ["'", '"', '`', '/', '.', '-'],
    provideCompletionItems(model, position) {
      const context = contextOf(model);
      const line = model.getLineContent(position.lineNumber);
      const place = placeAfter(line.slice(0, position.column - 1));
      if (!context || !place) return { suggestions: [] };
      const range = {
        startLineNumber: position.lineNumber,
        endLineNumber: position.lineNumber,
        startColumn: position.column - place.typed.length,
        endColumn: position.column + rest(line.slice(position.column - 1), place).length,
      };
      const items = itemsAt(monaco, place, context);
      return { suggestions: items.map((item) => ({ ...item, range })) };
    },
  };
}

/** What of the line after the cursor is replaced, too. */
function rest(after: string, place: Place): string {
  const pattern =
    place.kind === 'package' || place.kind === 'secret' ? /^[^'"`]*(?=['"`])/ : /^\w*/;
  return pattern.exec(after)?.[0] ?? '';
}

function itemsAt(monaco: typeof Api, place: Place, context: CodeContext): Item[] {
  const kinds = monaco.languages.CompletionItemKind;
  // Before what TypeScript offers where it knows no better: the words of the file.
  const item = (kind: number, label: string, detail: string, more: Partial<Item> = {}): Item => ({
    label,
    kind,
    detail,
    insertText: label,
    sortText: `!${label}`,
    ...more,
  });
  switch (place.kind) {
    case 'package':
      return [
        ...TOOLBELTS.map((name, index) =>
          item(kinds.Module, name, 'toolbelt', { sortText: `!0${index}` }),
        ),
        ...Object.entries(context.packages).map(([name, version]) =>
          item(kinds.Module, name, version, { sortText: `!1${name}` }),
        ),
        ...NODE_MODULES.map((name) =>
          item(kinds.Module, name, 'Node.js', { sortText: `!2${name}` }),
        ),
      ];
    case 'input':
      return fieldsAt(
        { timestamp: 0, headers: [], payload: {}, ...context.sample },
        place.path,
      ).map(([name, value]) => item(kinds.Field, name, JSON.stringify(value)?.slice(0, 60) ?? ''));
    case 'variable':
      return [
        ...context.variables.map((name) => item(kinds.Constant, name, 'set for this lambda')),
        ...PLATFORM_VARIABLES.map((name) => item(kinds.Constant, name, 'set by the platform')),
      ];
    case 'secret':
      return context.secrets.map((key) => item(kinds.Constant, key, 'secret'));
    case 'statement':
      return context.snippets.map(({ title, description, code }) =>
        item(kinds.Snippet, title, 'Snippet', {
          insertText: withStops(code),
          sortText: `~${title}`,
          insertTextRules: monaco.languages.CompletionItemInsertTextRule.InsertAsSnippet,
          documentation: { value: `${description}\n\n\`\`\`javascript\n${code}\`\`\`` },
        }),
      );
  }
}
