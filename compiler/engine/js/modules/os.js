// `require('os')`: what there is to say of a sandbox, the same on every machine.

const { process } = globalThis;

export const EOL = '\n';
export const devNull = '/dev/null';
export const constants = { signals: {} };
export const arch = () => process.arch;
export const availableParallelism = () => 1;
export const cpus = () => [];
export const endianness = () => 'LE';
export const homedir = () => process.env.HOME ?? '/';
export const hostname = () => 'localhost';
export const loadavg = () => [0, 0, 0];
export const machine = () => process.arch;
export const networkInterfaces = () => ({});
export const platform = () => process.platform;
export const release = () => process.versions.sandglass;
export const tmpdir = () => process.env.TMPDIR ?? '/tmp';
export const type = () => 'Linux';
export const uptime = () => process.uptime();
export const userInfo = () => ({ uid: -1, gid: -1, username: 'lambda', homedir: homedir(), shell: null });
export const version = () => `Sandglass ${process.versions.sandglass}`;

export default {
  EOL, arch, availableParallelism, constants, cpus, devNull, endianness, homedir, hostname, loadavg, machine,
  networkInterfaces, platform, release, tmpdir, type, uptime, userInfo, version,
};
