// `import … from 'process'`: the global once more.
const { process } = globalThis;

export const {
  arch, argv, cwd, emit, emitWarning, env, hrtime, nextTick, off, on, once, pid, platform, release, title, uptime,
  version, versions,
} = process;

export default process;
