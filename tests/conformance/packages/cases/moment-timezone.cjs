// moment-timezone, dates: moment with its own data of time zones.
const moment = require('moment-timezone');

exports.lambda = async () => {
  const day = moment.tz('2026-07-01 12:00', 'America/Los_Angeles');
  return {
    'offsets': [day.format(), '2026-07-01T12:00:00-07:00'],
    'other zones': [day.clone().tz('Europe/Berlin').format('HH:mm z'), '21:00 CEST'],
    'winter': [moment.tz('2026-12-01 12:00', 'America/Los_Angeles').utcOffset(), -480],
    'names': [moment.tz.names().length > 500, true],
  };
};
