// `require('fs/promises')`: what `fs` says, as promises.
import { namespace } from 'sandglass:native';
import { answers } from 'sandglass:fs/answers';
import { constants } from 'sandglass:fs/constants';

const promises = { constants };
for (const name of [
  'access', 'appendFile', 'chmod', 'chown', 'copyFile', 'cp', 'lchmod', 'lchown', 'link', 'lstat', 'lutimes', 'mkdir',
  'mkdtemp', 'opendir', 'readdir', 'readlink', 'realpath', 'rename', 'rm', 'rmdir', 'stat', 'statfs', 'symlink', 'truncate', 'unlink',
  'utimes', 'writeFile',
]) {
  promises[name] = { async [name](...args) { return answers[name](...args); } }[name];
}

promises.open = async function open(path, flags, mode) {
  const { FileHandle } = namespace('sandglass:fs/file_handle');
  return new FileHandle(answers.open(path, flags, mode));
};

promises.readFile = async function readFile(path, options) {
  options?.signal?.throwIfAborted();
  return answers.readFile(typeof path?.fd === 'number' ? path.fd : path, options);
};

// Nothing ever changes: it waits until it is stopped.
promises.watch = async function* watch(path, { signal } = {}) {
  answers.stat(path);
  signal?.throwIfAborted();
  await new Promise((_resolve, reject) => { signal?.addEventListener('abort', () => reject(signal.reason)); });
};

export default promises;
