// How does the editor come to know the language of lambdas? The language service of TypeScript with the
// types of what lambdas have, our completion beside it, and Prettier for the layout. Set up once.

import type * as Api from 'monaco-editor/editor/editor.api';

import { completion } from './completion';
import { type CodeContext } from './context';
import { formatted } from './format';
import type { Monaco } from './load';
import { Libraries } from './types/libraries';

const LANGUAGES = ['javascript', 'typescript'];
/** Suggestions of TypeScript that are none for lambdas, such as another kind of module. */
const IGNORED = [80001, 80002, 80003, 80004, 80005, 80006, 7043, 7044, 7045, 7046, 7047, 7048];

const contexts = new Map<string, () => CodeContext>();
const editors = new Set<Api.editor.IStandaloneCodeEditor>();
let libraries: Libraries | undefined;

/**
 * Makes the editor know what the lambda in it has; answers how to end it. `context` is asked at each
 * completion.
 */
export function teach(
  editor: Api.editor.IStandaloneCodeEditor,
  loaded: Monaco,
  context: () => CodeContext,
): () => void {
  const known = (libraries ??= setUp(loaded));
  const model = editor.getModel();
  if (!model) return () => undefined;
  const key = model.uri.toString();
  contexts.set(key, context);
  editors.add(editor);
  const look = () => void known.need(model.getValue());
  look();
  const listening = model.onDidChangeContent(look);
  return () => {
    listening.dispose();
    contexts.delete(key);
    editors.delete(editor);
  };
}

function setUp({ monaco, typescript }: Monaco): Libraries {
  const { javascriptDefaults, typescriptDefaults } = typescript;
  for (const defaults of [javascriptDefaults, typescriptDefaults]) {
    defaults.setCompilerOptions({
      allowJs: true,
      allowNonTsExtensions: true,
      esModuleInterop: true,
      lib: ['es2023'],
      module: typescript.ModuleKind.CommonJS,
      moduleResolution: typescript.ModuleResolutionKind.NodeJs,
      noEmit: true,
      resolveJsonModule: true,
      strict: defaults === typescriptDefaults,
      target: typescript.ScriptTarget.ESNext,
    });
    // What is wrong is said by our own compiler, which has the last word.
    defaults.setDiagnosticsOptions({
      noSyntaxValidation: true,
      noSemanticValidation: defaults === javascriptDefaults,
      diagnosticCodesToIgnore: IGNORED,
      onlyVisible: true,
    });
    defaults.setModeConfiguration({
      ...defaults.modeConfiguration,
      documentRangeFormattingEdits: false,
    });
    defaults.setEagerModelSync(true);
  }
  const contextOf = (model: Api.editor.ITextModel) => contexts.get(model.uri.toString())?.();
  monaco.languages.registerCompletionItemProvider(LANGUAGES, completion(monaco, contextOf));
  monaco.languages.registerDocumentFormattingEditProvider(LANGUAGES, formatting());
  const made = new Libraries((files) => {
    const libs = Object.entries(files).map(([path, content]) => ({
      content,
      filePath: `file://${path}`,
    }));
    for (const defaults of [javascriptDefaults, typescriptDefaults]) defaults.setExtraLibs(libs);
    editors.forEach(offerAgain);
  });
  void made.begin();
  return made;
}

/** Types have come for what is being written: what was asked for before they came is asked once more. */
function offerAgain(editor: Api.editor.IStandaloneCodeEditor): void {
  const [model, position] = [editor.getModel(), editor.getPosition()];
  if (!model || !position || !editor.hasTextFocus()) return;
  const before = model.getLineContent(position.lineNumber).slice(0, position.column - 1);
  if (/\.\w*$/.test(before)) editor.trigger('types', 'editor.action.triggerSuggest', {});
}

function formatting(): Api.languages.DocumentFormattingEditProvider {
  return {
    displayName: 'Prettier',
    async provideDocumentFormattingEdits(model) {
      try {
        const text = await formatted(model.getValue(), model.getLanguageId());
        return [{ range: model.getFullModelRange(), text }];
      } catch {
        // It does not parse: the marker of the compiler says where.
        return [];
      }
    },
  };
}

/** Puts a snippet where the cursor is. */
export function insert(editor: Api.editor.IStandaloneCodeEditor, text: string): void {
  const controller = editor.getContribution('snippetController2') as
    (Api.editor.IEditorContribution & { insert(text: string): void }) | null;
  editor.focus();
  controller?.insert(text);
}
