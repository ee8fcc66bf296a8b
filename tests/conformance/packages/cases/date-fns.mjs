// date-fns, dates: functions on dates, with locales.
import { addMonths, differenceInBusinessDays, eachDayOfInterval, format, formatDistance, formatISO, isValid, parse } from 'date-fns';
import { de } from 'date-fns/locale';

export async function lambda() {
  const day = new Date(2026, 0, 31, 10, 20, 30);
  return {
    'months end': [formatISO(addMonths(day, 1), { representation: 'date' }), '2026-02-28'],
    'formats': [format(day, "EEEE, d. MMMM yyyy 'um' HH:mm", { locale: de }), 'Samstag, 31. Januar 2026 um 10:20'],
    'parses': [format(parse('31/01/2026', 'dd/MM/yyyy', new Date(0)), 'yyyy-DDD', { useAdditionalDayOfYearTokens: true }), '2026-031'],
    'refuses': [isValid(parse('31/02/2026', 'dd/MM/yyyy', new Date(0))), false],
    'distances': [formatDistance(new Date(2026, 0, 1), day), 'about 1 month'],
    'business days': [differenceInBusinessDays(new Date(2026, 1, 6), new Date(2026, 0, 30)), 5],
    'intervals': [eachDayOfInterval({ start: new Date(2026, 1, 27), end: new Date(2026, 2, 1) }).length, 3],
  };
}
