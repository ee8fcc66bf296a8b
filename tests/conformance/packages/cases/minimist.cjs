// minimist, parsers: arguments of commands.
const minimist = require('minimist');

exports.lambda = async () => ({
  'flags and values': [minimist(['-abc', '--name=Ada', '--no-color', '--n', '5', 'x', '--', 'y']), { a: true, b: true, c: true, name: 'Ada', color: false, n: 5, _: ['x', 'y'] }],
  'types': [minimist(['--id', '007'], { string: ['id'] }).id, '007'],
});
