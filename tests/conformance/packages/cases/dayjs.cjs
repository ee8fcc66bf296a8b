// dayjs, dates: formats, arithmetic, time zones and locales.
const dayjs = require('dayjs');
const utc = require('dayjs/plugin/utc');
const timezone = require('dayjs/plugin/timezone');
const relative = require('dayjs/plugin/relativeTime');
require('dayjs/locale/de');

dayjs.extend(utc);
dayjs.extend(timezone);
dayjs.extend(relative);

exports.lambda = async () => {
  const day = dayjs.utc('2026-01-31T10:20:30Z');
  return {
    'months end': [day.add(1, 'month').format('YYYY-MM-DD HH:mm:ss'), '2026-02-28 10:20:30'],
    'differences': [dayjs.utc('2026-03-01').diff(day, 'day', true).toFixed(4), '28.5691'],
    'time zones': [day.tz('America/New_York').format('DD.MM.YYYY HH:mm Z'), '31.01.2026 05:20 -05:00'],
    'locales': [day.locale('de').format('dddd, D. MMMM'), 'Samstag, 31. Januar'],
    'relative': [day.from(dayjs.utc('2026-01-30T10:20:30Z')), 'in a day'],
    'what is no date': [dayjs('nope').isValid(), false],
  };
};
