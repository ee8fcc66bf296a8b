// debug, logs: namespaces that are switched on by name.
const { format } = require('util');
const debug = require('debug');

exports.lambda = async () => {
  const lines = [];
  debug.enable('app:*,-app:quiet');
  const [loud, quiet] = [debug('app:loud'), debug('app:quiet')];
  for (const log of [loud, quiet]) {
    log.log = (...values) => lines.push(format(...values).replace(/\u001b\[[\d;]*m/g, ''));
    log('n=%d %s', 5, 'x');
  }
  return {
    'names': [[loud.enabled, quiet.enabled, debug.enabled('other')], [true, false, false]],
    'formats': [[lines.length, lines[0].includes('app:loud n=5 x')], [1, true]],
  };
};
