// winston, logs: levels, formats and transports.
const { Writable } = require('stream');
const winston = require('winston');

exports.lambda = async () => {
  const lines = [];
  const stream = new Writable({ write: (chunk, encoding, done) => { lines.push(String(chunk)); done(); } });
  const logger = winston.createLogger({
    level: 'info',
    format: winston.format.combine(winston.format.splat(), winston.format.json()),
    defaultMeta: { service: 's' },
    transports: [new winston.transports.Stream({ stream })],
  });
  logger.info('n=%d', 5, { extra: true });
  logger.debug('hidden');
  logger.error('bad');
  await new Promise((resolve) => setTimeout(resolve, 5));
  return {
    'lines': [lines.map((line) => JSON.parse(line)), [{ extra: true, level: 'info', message: 'n=5', service: 's' }, { level: 'error', message: 'bad', service: 's' }]],
  };
};
