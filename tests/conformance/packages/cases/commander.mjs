// commander, parsers: commands with options.
import { Command } from 'commander';

export async function lambda() {
  const seen = [];
  const program = new Command().exitOverride().configureOutput({ writeErr: () => {}, writeOut: () => {} });
  program.command('add <n...>').option('-v, --verbose').option('--base <n>', 'base', Number, 10).action((n, options) => seen.push([n, options]));
  await program.parseAsync(['add', '1', '2', '-v', '--base', '16'], { from: 'user' });
  const refused = await program.parseAsync(['nope'], { from: 'user' }).catch((error) => error.code);
  return { 'options': [seen, [[['1', '2'], { verbose: true, base: 16 }]]], 'errors': [refused, 'commander.unknownCommand'] };
}
