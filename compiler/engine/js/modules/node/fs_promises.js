// `require('fs/promises')`: what `fs` says, as promises.
import { answers, constants } from 'sandglass:fs/answers';

const promises = { constants };
for (const name of [
  'access', 'appendFile', 'chmod', 'chown', 'copyFile', 'cp', 'lchmod', 'lchown', 'link', 'lstat', 'lutimes', 'mkdir',
  'mkdtemp', 'open', 'opendir', 'readFile', 'readdir', 'readlink', 'realpath', 'rename', 'rm', 'rmdir', 'stat', 'symlink',
  'truncate', 'unlink', 'utimes', 'writeFile',
]) {
  promises[name] = { async [name](...args) { return answers[name](...args); } }[name];
}

export default promises;
