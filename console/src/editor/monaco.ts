// What is the editor made of? Monaco with JavaScript, TypeScript and JSON, its workers from this very
// server. Loaded only where an editor opens: import it with `loadMonaco` of `load.ts`.

import 'monaco-editor/features/register.all';
import 'monaco-editor/languages/definitions/javascript/register';
import 'monaco-editor/languages/definitions/typescript/register';

import * as json from 'monaco-editor/languages/features/json/register';
import * as typescript from 'monaco-editor/languages/features/typescript/register';
import editorWorker from 'monaco-editor/editor/editor.worker?worker&url';
import jsonWorker from 'monaco-editor/languages/features/json/json.worker?worker&url';
import typeScriptWorker from 'monaco-editor/languages/features/typescript/ts.worker?worker&url';

import { defineThemes } from './themes';
import { ownWorker } from './worker';

import * as monaco from 'monaco-editor/editor/editor.api';

self.MonacoEnvironment = {
  getWorker(_id, label) {
    if (label === 'json') return ownWorker(jsonWorker);
    if (label === 'javascript' || label === 'typescript') return ownWorker(typeScriptWorker);
    return ownWorker(editorWorker);
  },
};

defineThemes(monaco);

export { json, monaco, typescript };
