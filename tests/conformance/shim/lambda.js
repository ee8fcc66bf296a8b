// How does a test of Node.js, or of the web platform, run as a lambda?
//
// The payload holds the files of a virtual folder `/node/test`: the test, this shim's `common`, and the
// fixtures that the test names. The test is run by CommonJS's rules, or by those of the web platform's
// harness. When nothing is pending any more, the engine emits `exit` on `process`, as Node.js does; only then the
// lambda calls back, with what the checks of `common` say.
const lambda = (() => {
  'use strict';

  const { stringify } = JSON;
  const { process, console, require: builtin } = globalThis;
  const info = console.info;
  const evaluate = eval;

  // ---- files and modules ---------------------------------------------------------------------

  // Where this shim's files are, which know the harness.
  const OWN = ['/node/shim/', '/node/test/common/'];

  let files;
  const modules = new Map();

  function normalized(path) {
    const parts = [];
    for (const part of path.split('/')) {
      if (part === '..') parts.pop();
      else if (part !== '.' && part !== '') parts.push(part);
    }
    return `/${parts.join('/')}`;
  }

  const directory = (path) => path.slice(0, path.lastIndexOf('/'));

  function resolved(from, specifier) {
    const path = normalized(specifier.startsWith('/') ? specifier : `${from}/${specifier}`);
    const found = [path, `${path}.js`, `${path}.json`, `${path}/index.js`].find((name) => name in files);
    if (found !== undefined) return found;
    const error = new Error(`Cannot find module '${specifier}' among the files of the harness`);
    error.code = 'MODULE_NOT_FOUND';
    throw error;
  }

  // A file's bytes as text; those that are not UTF-8 come in base64.
  function text(path) {
    const file = files[path];
    return typeof file === 'string' ? file : Buffer.from(file.base64, 'base64').toString();
  }

  function bytes(path) {
    const file = files[path];
    return typeof file === 'string' ? Buffer.from(file) : Buffer.from(file.base64, 'base64');
  }

  function load(path) {
    const cached = modules.get(path);
    if (cached !== undefined) return cached.exports;
    const module = { id: path, filename: path, path: directory(path), exports: {}, loaded: false, children: [] };
    modules.set(path, module);
    if (path.endsWith('.json')) module.exports = JSON.parse(text(path));
    else run(module, text(path));
    module.loaded = true;
    return module.exports;
  }

  function run(module, code) {
    const { filename } = module;
    const isModule = filename.endsWith('.mjs');
    const source = isModule ? withoutImports(code) : code;
    const own = OWN.some((folder) => filename.startsWith(folder));
    const parameters = `exports, require, module, __filename, __dirname${own ? ', harness' : ''}`;
    const compiled = evaluate(`(${isModule ? 'async ' : ''}function (${parameters}) {${source}\n})`);
    module.require = requireFrom(module);
    compiled.call(module.exports, module.exports, module.require, module, filename, directory(filename), harness);
  }

  // A module's imports as requires: the top level of a lambda's file runs when it is built, but a test must run now.
  function withoutImports(code) {
    const imports = /^import\s+(?:([\w$*\s{},]+?)\s+from\s+)?'([^']+)';?/gm;
    const required = code.replace(imports, (all, clause, specifier) => {
      const exports = `require('${specifier.replace(/^(\.\.\/common\/\w+)\.mjs$/, '$1.js')}')`;
      return bindings(clause, exports).replace(/\n/g, ' ') + '\n'.repeat(all.split('\n').length - 1);
    });
    return `'use strict'; ${required.replaceAll('import.meta.url', `'file://${main}'`)}`;
  }

  function bindings(clause, exports) {
    if (clause === undefined) return `${exports};`;
    const [, name, namespace, names] = /^([\w$]+)?\s*,?\s*(?:\*\s+as\s+([\w$]+)|(\{[^}]*\}))?$/.exec(clause);
    const parts = [];
    if (name !== undefined) parts.push(`const ${name} = ${exports};`);
    if (namespace !== undefined) parts.push(`const ${namespace} = ${exports};`);
    if (names !== undefined) parts.push(`const ${names.replace(/\sas\s/g, ': ')} = ${exports};`);
    return parts.join(' ');
  }

  function requireFrom(module) {
    const from = directory(module.filename);
    const require = (specifier) => {
      if (typeof specifier === 'string') {
        if (specifier.startsWith('.') || specifier.startsWith('/')) return load(resolved(from, specifier));
        const replaced = replacement(specifier.replace(/^node:/, ''), specifier);
        if (replaced !== undefined) return replaced;
      }
      return builtin(specifier);
    };
    require.resolve = (specifier) => (/^[./]/.test(specifier) ? resolved(from, specifier) : specifier);
    require.cache = Object.fromEntries(modules);
    require.main = modules.get(main);
    return require;
  }

  // What stands in for a module that is only a test's tool: files to read as data, and Node.js' own runner.
  function replacement(name, specifier) {
    if (name === 'fs' && !subject.startsWith('fs')) return load('/node/shim/fs.js');
    if (name === 'fs/promises' && !subject.startsWith('fs')) return load('/node/shim/fs.js').promises;
    if (specifier === 'node:test') return load('/node/shim/node_test.js');
    return undefined;
  }

  // ---- the end of a test ---------------------------------------------------------------------

  let subject = '';
  let main = '';
  let callback;
  let over = false;
  const problems = [];

  function conclude(code) {
    if (over) return;
    over = true;
    if (skipped !== undefined) callback(null, { status: 'skipped', message: skipped });
    else if (problems.length > 0) callback(null, { status: 'uncalled', message: problems.join('\n') });
    else if (code !== 0) callback(null, { status: 'exited', message: `the test exited with code ${code}` });
    else callback(null, { status: 'passed' });
  }

  let skipped;

  // What unwinds a test that called `process.exit`; nobody hears of it, since the lambda has called back.
  class Exit extends Error {}

  const ends = { __proto__: null, beforeExit: [], exit: [] };

  // The engine's `process` as Node.js' tests need it: with an end.
  function prepareProcess() {
    // Without an emitter of the engine's, the listeners for the end are kept here; others go where they go.
    if (typeof process.listenerCount !== 'function') {
      for (const name of ['on', 'once', 'addListener', 'prependListener', 'off', 'removeListener']) keepEnds(name);
    }
    const emit = process.emit;
    let exiting = false;
    process.emit = function(name, ...args) {
      if (name === 'exit') {
        if (exiting) return false;
        exiting = true;
        process._exiting = true;
      }
      for (const listener of (ends[name] ?? []).slice()) listener.apply(process, args);
      const emitted = emit.call(process, name, ...args);
      if (name === 'exit') conclude(Number(process.exitCode ?? args[0]));
      return emitted;
    };
    process.reallyExit = process.exit = (code = process.exitCode) => {
      if (code !== undefined) process.exitCode = code;
      if (!exiting) process.emit('exit', Number(process.exitCode ?? 0));
      conclude(Number(process.exitCode ?? 0));
      throw new Exit();
    };
  }

  function keepEnds(name) {
    const original = process[name] ?? (() => process);
    process[name] = (event, listener) => {
      if (!(event in ends)) return original.call(process, event, listener);
      const list = ends[event];
      if (name === 'off' || name === 'removeListener') ends[event] = list.filter((kept) => kept !== listener);
      else if (name === 'prependListener') list.unshift(listener);
      else list.push(listener);
      return process;
    };
  }

  // ---- the two kinds of tests ----------------------------------------------------------------

  // What `common` and its like know of the harness.
  const harness = {
    bytes,
    text,
    has: (path) => path in files,
    names: () => Object.keys(files),
    problem: (message) => problems.push(message),
    builtin,
    skip(message) {
      skipped = String(message);
      process.exitCode = 0;
      process.exit(0);
    },
  };

  function runNode(payload) {
    main = payload.entry;
    process.argv[1] = main;
    load(main);
  }

  function runWeb({ location, title, scripts }) {
    const { web } = load('/node/shim/web.js');
    const report = (kind, value) => info.call(console, `#subtests ${kind}`, value);
    web({ location, title, scripts, evaluate, report, finish: () => conclude(0) });
  }

  return (input, settle) => {
    const { payload } = input;
    ({ files, subject } = payload);
    callback = settle;
    prepareProcess();
    if (payload.kind === 'web') runWeb(payload);
    else runNode(payload);
  };
})();
