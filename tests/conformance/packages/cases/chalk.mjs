// chalk, strings: colours of terminals.
import { Chalk } from 'chalk';

export async function lambda() {
  const chalk = new Chalk({ level: 3 });
  return {
    'styles': [chalk.red.bold('x'), '\u001b[31m\u001b[1mx\u001b[22m\u001b[39m'],
    'colours': [chalk.hex('#ff8800')('x'), '\u001b[38;2;255;136;0mx\u001b[39m'],
    'none': [new Chalk({ level: 0 }).red('x'), 'x'],
  };
}
