
// The lambda's own files, in a folder that seems to be `/`: `fs` and `fs/promises` over it.
function ownFiles(files, load) {
  const fs = load('node:fs');
  const { posix } = load('node:path');
  const root = fs.realpathSync(fs.mkdtempSync(posix.join(load('node:os').tmpdir(), 'sandglass-')));
  process.on('exit', () => fs.rmSync(root, { recursive: true, force: true }));
  for (const [path, content] of Object.entries(files)) {
    fs.mkdirSync(posix.join(root, posix.dirname(path)), { recursive: true });
    fs.writeFileSync(posix.join(root, path), Buffer.from(content, 'base64'));
  }

  process.chdir(root);
  process.cwd = () => '/';
  const inside = (path) => {
    if (path instanceof URL && path.protocol === 'file:') return inside(decodeURIComponent(path.pathname));
    if (path instanceof Uint8Array) return inside(Buffer.from(path).toString());
    const isPath = typeof path === 'string' && /^\/|(^|\/)\.\.(\/|$)/.test(path) && !path.includes('\0');
    return isPath ? root + posix.resolve('/', path) + (/.\/$/.test(path) ? '/' : '') : path;
  };
  const outside = (text) => (text.startsWith(root) ? text.slice(root.length) || '/' : text);
  const told = (error) => {
    for (const name of ['path', 'dest']) if (typeof error[name] === 'string') error[name] = outside(error[name]);
    error.message = error.message.replaceAll(`'${root}'`, "'/'").replaceAll(root, '');
    return error;
  };
  const given = (value) => {
    if (value instanceof Error) return told(value);
    return typeof value === 'string' ? outside(value) : value;
  };
  const TWO_PATHS = /^(copyFile|cp|link|rename|symlink)(Sync)?$/;
  const wrapped = (name, call) => ({ [name](...args) {
    const paths = TWO_PATHS.test(name) ? 2 : 1;
    const asked = args.map((argument, at) => (at < paths ? inside(argument) : argument));
    const callback = asked.at(-1);
    if (typeof callback === 'function') asked[asked.length - 1] = (...answers) => callback(...answers.map(given));
    try {
      const answer = call(...asked);
      if (typeof answer?.emit === 'function') {
        const { emit } = answer;
        answer.emit = (event, ...values) => emit.call(answer, event, ...values.map(given));
      }
      return answer instanceof Promise ? answer.then(given, (error) => { throw told(error); }) : given(answer);
    } catch (error) {
      throw told(error);
    }
  } })[name];
  const over = (module) => Object.fromEntries(Object.entries(module).map(([name, value]) => {
    const isCall = typeof value === 'function' && /^[a-z]/.test(name);
    return [name, isCall ? wrapped(name, value.bind(module)) : value];
  }));
  const promises = over(fs.promises);
  return { fs: { ...over(fs), promises }, 'fs/promises': promises };
}

// Modules by name as the text of ECMAScript modules.
function asModules(modules) {
  const own = Symbol.for('sandglass.modules');
  globalThis[own] = modules;
  return Object.fromEntries(Object.entries(modules).map(([name, module]) => [name, [
    `const module = globalThis[Symbol.for('sandglass.modules')]['${name}'];`,
    `export const { ${Object.keys(module).join(', ')} } = module;`,
    'export default module;',
  ].join('\n')]));
}
