// `require('os')`: what there is to say of a sandbox, the same on every machine.
import { memoryUsage } from 'sandglass:native';
import { ERR_INVALID_ARG_TYPE } from '__wasm_rquickjs_builtin/internal/errors';
import { validateInt32 } from '__wasm_rquickjs_builtin/internal/validators';

const { process } = globalThis;

export const EOL = '\n';
export const devNull = '/dev/null';

// Those of Linux, by their numbers from 1.
const SIGNALS = 'HUP INT QUIT ILL TRAP ABRT BUS FPE KILL USR1 SEGV USR2 PIPE ALRM TERM STKFLT CHLD CONT STOP TSTP TTIN TTOU '
  + 'URG XCPU XFSZ VTALRM PROF WINCH IO PWR SYS';
const signals = Object.fromEntries(SIGNALS.split(' ').map((name, index) => [`SIG${name}`, index + 1]));

const errno = {
  E2BIG: 7, EACCES: 13, EADDRINUSE: 98, EADDRNOTAVAIL: 99, EAGAIN: 11, EBADF: 9, EBUSY: 16, ECANCELED: 125,
  ECONNABORTED: 103, ECONNREFUSED: 111, ECONNRESET: 104, EDEADLK: 35, EDOM: 33, EEXIST: 17, EFAULT: 14, EFBIG: 27,
  EHOSTUNREACH: 113, EINPROGRESS: 115, EINTR: 4, EINVAL: 22, EIO: 5, EISCONN: 106, EISDIR: 21, ELOOP: 40, EMFILE: 24,
  EMSGSIZE: 90, ENAMETOOLONG: 36, ENETDOWN: 100, ENETUNREACH: 101, ENFILE: 23, ENODATA: 61, ENODEV: 19, ENOENT: 2,
  ENOMEM: 12, ENOSPC: 28, ENOSYS: 38, ENOTCONN: 107, ENOTDIR: 20, ENOTEMPTY: 39, ENOTSOCK: 88, ENOTSUP: 95, ENOTTY: 25,
  ENXIO: 6, EOVERFLOW: 75, EPERM: 1, EPIPE: 32, EPROTO: 71, ERANGE: 34, EROFS: 30, ESPIPE: 29, ESRCH: 3, ETIMEDOUT: 110,
  EWOULDBLOCK: 11, EXDEV: 18,
};
const priority = {
  PRIORITY_LOW: 19, PRIORITY_BELOW_NORMAL: 10, PRIORITY_NORMAL: 0, PRIORITY_ABOVE_NORMAL: -7, PRIORITY_HIGH: -14,
  PRIORITY_HIGHEST: -20,
};
const freeze = (object) => Object.freeze(Object.assign(Object.create(null), object));
export const constants = freeze({
  UV_UDP_REUSEADDR: 4, dlopen: freeze({ RTLD_LAZY: 1, RTLD_NOW: 2, RTLD_GLOBAL: 256, RTLD_LOCAL: 0, RTLD_DEEPBIND: 8 }),
  errno: freeze(errno), signals: freeze({ ...signals, SIGIOT: 6, SIGPOLL: 29 }), priority: freeze(priority),
});

// As in Node.js these are numbers and texts too.
function telling(fn) {
  Object.defineProperty(fn, Symbol.toPrimitive, { value: () => fn(), configurable: true });
  return fn;
}

// The first of these variables that says something, without a slash at its end.
function temporary() {
  const named = [process.env.TMPDIR, process.env.TMP, process.env.TEMP].find(Boolean) ?? '/tmp';
  return named.length > 1 ? named.replace(/\/$/, '') : named;
}

let nice = 0;

export const arch = telling(() => process.arch);
export const availableParallelism = telling(() => 1);
export const cpus = () => [{
  model: 'Sandglass', speed: 0, times: { user: 0, nice: 0, sys: 0, idle: 0, irq: 0 },
}];
export const endianness = telling(() => 'LE');
export const freemem = telling(() => memoryUsage()[0]);
export const homedir = telling(() => process.env.HOME ?? '/');
export const hostname = telling(() => 'localhost');
export const loadavg = () => [0, 0, 0];
export const machine = telling(() => process.arch);
export const networkInterfaces = () => ({});
export const platform = telling(() => process.platform);
export const release = telling(() => process.versions.sandglass);
export const tmpdir = telling(temporary);
export const totalmem = telling(() => memoryUsage()[0]);
export const type = telling(() => 'Linux');
export const uptime = telling(() => process.uptime());
export const version = telling(() => `Sandglass ${process.versions.sandglass}`);

export function getPriority(pid = 0) {
  validateInt32(pid, 'pid');
  return nice;
}

export function setPriority(pid, value = undefined) {
  const [whose, wanted] = value === undefined ? [0, pid] : [pid, value];
  validateInt32(whose, 'pid');
  validateInt32(wanted, 'priority', -20, 19);
  nice = wanted;
}

export function userInfo(options = undefined) {
  if (options !== undefined && options !== null && typeof options !== 'object') {
    throw new ERR_INVALID_ARG_TYPE('options', 'Object', options);
  }
  const shown = (text) => (options?.encoding === 'buffer' ? globalThis.Buffer.from(text) : text);
  return { uid: 1000, gid: 1000, username: shown('lambda'), homedir: shown(homedir()), shell: shown('/bin/sh') };
}

const os = {
  arch, availableParallelism, cpus, endianness, freemem, getPriority, homedir, hostname, loadavg, networkInterfaces,
  platform, release, setPriority, tmpdir, totalmem, type, userInfo, uptime, version, machine,
};
for (const [name, value] of Object.entries({ constants, EOL, devNull })) {
  Object.defineProperty(os, name, { value, enumerable: true, configurable: name === 'EOL' || name === 'devNull' });
}

export default os;
