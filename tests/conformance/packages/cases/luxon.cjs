// luxon, dates: zones, durations and intervals.
const { DateTime, Duration, Interval } = require('luxon');

exports.lambda = async () => {
  const day = DateTime.fromISO('2026-01-31T10:20:30', { zone: 'Europe/Berlin' });
  return {
    'keeps the zone': [day.toISO(), '2026-01-31T10:20:30.000+01:00'],
    'months end': [day.plus({ months: 1 }).toISODate(), '2026-02-28'],
    'summer time': [DateTime.fromISO('2026-03-29T02:30', { zone: 'Europe/Berlin' }).toISO(), '2026-03-29T03:30:00.000+02:00'],
    'other zones': [day.setZone('Asia/Tokyo').toFormat('yyyy-MM-dd HH:mm ZZ'), '2026-01-31 18:20 +09:00'],
    'words': [day.toFormat('cccc, d LLLL'), 'Saturday, 31 January'],
    'durations': [Duration.fromISO('PT36H5M').shiftTo('days', 'hours', 'minutes').toObject(), { days: 1, hours: 12, minutes: 5 }],
    'intervals': [Interval.fromDateTimes(day, day.plus({ days: 3 })).splitBy({ days: 1 }).length, 3],
    'why not': [DateTime.fromISO('2026-02-30').invalidReason, 'unit out of range'],
  };
};
