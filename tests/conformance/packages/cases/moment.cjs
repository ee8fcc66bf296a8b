// moment, dates: parsing by format, arithmetic, durations and locales.
const moment = require('moment');
require('moment/locale/fr');

exports.lambda = async () => {
  moment.locale('en');
  const day = moment.utc('31-01-2026 10:20', 'DD-MM-YYYY HH:mm', true);
  return {
    'months end': [day.clone().add(1, 'month').format(), '2026-02-28T10:20:00Z'],
    'formats': [day.format('dddd, MMMM Do YYYY, h:mm a'), 'Saturday, January 31st 2026, 10:20 am'],
    'locales': [day.clone().locale('fr').format('dddd D MMMM'), 'samedi 31 janvier'],
    'durations': [moment.duration(90, 'minutes').humanize(), '2 hours'],
    'weeks': [[day.isoWeek(), day.isoWeekday()], [5, 6]],
    'strictness': [moment('2026-1-1', 'YYYY-MM-DD', true).isValid(), false],
  };
};
