// What do the methods of a console do that are more than one line?
//
// For any console: `print(kind, args, options)` shows something, with the kind of `log`, `warn`, `error` or
// `trace`; `shift(by)` moves what follows to the right; `inspectOptions()` are for objects.
import { formatTime } from 'sandglass:console/time';
import { formatWithOptions, inspect } from '__wasm_rquickjs_builtin/internal/util/inspect';
import { table } from 'sandglass:console/table';

function warn(text) {
  globalThis.process.emitWarning(text);
}

function counting(print) {
  const counts = new Map();
  return {
    count(label = 'default') {
      const name = `${label}`;
      counts.set(name, (counts.get(name) ?? 0) + 1);
      print('log', [`${name}: ${counts.get(name)}`]);
    },
    countReset(label = 'default') {
      if (!counts.delete(`${label}`)) warn(`Count for '${label}' does not exist`);
    },
  };
}

function timing(print) {
  const started = new Map();
  const now = () => globalThis.performance.now();

  function show(method, label, rest) {
    const since = started.get(label);
    if (since === undefined) warn(`No such label '${label}' for console.${method}()`);
    else print('log', [`${label}: ${formatTime(now() - since)}`, ...rest]);
  }
  return {
    times: started,
    time(label = 'default') {
      const name = `${label}`;
      if (started.has(name)) warn(`Label '${name}' already exists for console.time()`);
      else started.set(name, now());
    },
    timeLog(label = 'default', ...rest) { show('timeLog', `${label}`, rest); },
    timeEnd(label = 'default') {
      show('timeEnd', `${label}`, []);
      started.delete(`${label}`);
    },
  };
}

function grouping(print, shift) {
  const { group } = {
    group(...labels) {
      if (labels.length > 0) print('log', labels);
      shift(1);
    },
  };
  return { group, groupCollapsed: group, groupEnd() { shift(-1); } };
}

export function methods({ print, shift, inspectOptions }) {
  return {
    assert(condition, ...args) {
      if (condition) return;
      if (typeof args[0] === 'string') args[0] = `Assertion failed: ${args[0]}`;
      else args.unshift('Assertion failed');
      print('warn', args);
    },
    ...counting(print),
    dir(value, options) {
      print('log', [inspect(value, { customInspect: false, ...inspectOptions(), ...options })]);
    },
    dirxml(...args) { print('log', args); },
    ...grouping(print, shift),
    table(data, properties) {
      const shown = table(data, properties, inspectOptions());
      print('log', [shown === undefined ? data : shown]);
    },
    ...timing(print),
    trace(...args) {
      const message = formatWithOptions(inspectOptions(), ...args);
      const trace = { name: 'Trace', message };
      Error.captureStackTrace(trace);
      print('trace', [trace.stack]);
    },
    // Node's inspector has these; without one they do nothing.
    profile() {},
    profileEnd() {},
    timeStamp() {},
    context() {},
  };
}
