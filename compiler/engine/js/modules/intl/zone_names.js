// What is a time zone called?
import { data, root } from 'sandglass:intl/locales';
import { offsetOf } from 'sandglass:intl/time_zones';

const YEAR_S = 31_557_600;

// Whether clocks are ahead of what they show half a year away.
function isDaylight(zone, seconds, offset) {
  return offset > Math.min(offsetOf(zone, seconds - YEAR_S / 2), offsetOf(zone, seconds + YEAR_S / 2)) ;
}

function metazoneOf(zone, seconds) {
  const about = root('zones')[zone];
  if (about === undefined || typeof about === 'string') return about;
  const found = about.find(([, from, to]) => (from === null || seconds >= from) && (to === null || seconds < to));
  return found?.[0];
}

function offsetText(names, offset, isLong, localize) {
  if (offset === 0) return names.zero;
  const [hour, minute, second] = [Math.floor(Math.abs(offset) / 3600), Math.floor(Math.abs(offset) / 60) % 60,
    Math.abs(offset) % 60];
  const pattern = names.hours.split(';')[offset < 0 ? 1 : 0];
  const separator = /H(.)mm/.exec(pattern)[1];
  const two = (value) => `${value}`.padStart(2, '0');
  let shown = isLong ? two(hour) : `${hour}`;
  if (isLong || minute !== 0 || second !== 0) shown += separator + two(minute);
  if (second !== 0) shown += separator + two(second);
  return names.gmt.replace('{0}', pattern.replace(/H+.mm/, localize(shown)));
}

// The name of a zone at a moment, by the value of the option `timeZoneName`.
export function zoneName(locale, zone, seconds, style, localize) {
  const names = data(locale, 'zones');
  const offset = offsetOf(zone, seconds);
  const isLong = style.startsWith('long');
  if (style.endsWith('Offset')) return offsetText(names, offset, isLong, localize);
  const isGeneric = style.endsWith('Generic');
  const kind = isGeneric ? 0 : isDaylight(zone, seconds, offset) ? 2 : 1;
  const own = /^(UTC|Etc\/UTC|Etc\/GMT|GMT)$/.test(zone) ? 'Etc/UTC' : zone;
  const width = isLong ? 'l' : 's';
  const metazone = metazoneOf(zone, seconds);
  for (const about of [names.zone[own]?.[width], names.meta[metazone]?.[width]]) {
    const name = about?.[kind] || (isGeneric ? about?.[1] : 0);
    if (name) return name;
  }
  if (own === 'Etc/UTC') return names.zone['Etc/UTC']?.s?.[1] || 'UTC';
  return offsetText(names, offset, isLong, localize);
}
