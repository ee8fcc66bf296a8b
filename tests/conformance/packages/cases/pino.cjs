// pino, logs: one line of JSON each.
const pino = require('pino');

exports.lambda = async () => {
  const lines = [];
  const logger = pino({ base: null, timestamp: false, redact: ['secret'] }, { write: (line) => lines.push(JSON.parse(line)) });
  logger.child({ request: 7 }).warn({ secret: 'x' }, 'hello %s', 'Ada');
  logger.debug('hidden');
  return { 'lines': [lines, [{ level: 40, request: 7, secret: '[Redacted]', msg: 'hello Ada' }]] };
};
