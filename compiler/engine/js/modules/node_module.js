// `require('module')`: what there is of it where all modules are known when the lambda is built.
const names = [
  '_stream_duplex', '_stream_passthrough', '_stream_readable', '_stream_transform', '_stream_writable',
  'assert', 'assert/strict', 'async_hooks', 'buffer', 'child_process', 'cluster', 'console', 'constants', 'crypto', 'dgram',
  'diagnostics_channel', 'dns', 'dns/promises', 'domain', 'events', 'fs', 'fs/promises', 'http', 'http2', 'https',
  'inspector', 'inspector/promises', 'module', 'net', 'os', 'path', 'path/posix', 'path/win32', 'perf_hooks', 'process',
  'punycode', 'querystring', 'readline', 'readline/promises', 'repl', 'stream', 'stream/consumers', 'stream/promises',
  'stream/web', 'string_decoder', 'sys', 'timers', 'timers/promises', 'tls', 'trace_events', 'tty', 'url', 'util',
  'util/types', 'v8', 'vm', 'wasi', 'worker_threads', 'zlib',
];
const { require } = globalThis;

// A `require` for any place: it finds the modules of the engine.
function createRequire() {
  return require;
}

class Module {
  constructor(id = '') {
    Object.assign(this, { id, exports: {}, loaded: false, children: [], paths: [] });
  }
}

const isBuiltin = (name) => names.includes(`${name}`.replace(/^node:/, ''));

Object.assign(Module, { Module, builtinModules: Object.freeze([...names]), createRequire, isBuiltin, _extensions: {}, _cache: {} });

export default Module;
