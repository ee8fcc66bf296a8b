// What is the editor made of? Monaco with JavaScript, TypeScript and JSON, its workers from this very
// server. Loaded only where an editor opens: import it with `loadMonaco` of `load.ts`.

import 'monaco-editor/features/register.all';
import 'monaco-editor/languages/definitions/javascript/register';
import 'monaco-editor/languages/definitions/typescript/register';

import * as json from 'monaco-editor/languages/features/json/register';
import * as typescript from 'monaco-editor/languages/features/typescript/register';
import EditorWorker from 'monaco-editor/editor/editor.worker?worker';
import JsonWorker from 'monaco-editor/languages/features/json/json.worker?worker';
import TypeScriptWorker from 'monaco-editor/languages/features/typescript/ts.worker?worker';

import { defineThemes } from './themes';

import * as monaco from 'monaco-editor/editor/editor.api';

self.MonacoEnvironment = {
  getWorker(_id, label) {
    if (label === 'json') return new JsonWorker();
    if (label === 'javascript' || label === 'typescript') return new TypeScriptWorker();
    return new EditorWorker();
  },
};

defineThemes(monaco);

export { json, monaco, typescript };
