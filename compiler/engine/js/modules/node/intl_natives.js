// The crate's names for what `Intl` asks the engine.
import { zoneOffset } from 'sandglass:native';

function offsetOf(zone, seconds) {
  return /^utc$/i.test(zone) ? 0 : zoneOffset(zone.toWellFormed(), seconds);
}

export function intl_validate_timezone(zone) {
  return offsetOf(`${zone}`, 0) !== undefined;
}

// `[year, month, day, hour, minute, second, weekday, offset in minutes, error]`; Monday is 1.
export function intl_dtf_resolve_fields(milliseconds, zone) {
  if (!Number.isFinite(new Date(milliseconds).getTime())) throw new RangeError('Invalid time value');
  const offset = offsetOf(zone, Math.floor(milliseconds / 1000));
  const local = new Date(milliseconds + offset * 1000);
  return [
    local.getUTCFullYear(), local.getUTCMonth() + 1, local.getUTCDate(), local.getUTCHours(), local.getUTCMinutes(),
    local.getUTCSeconds(), local.getUTCDay() || 7, offset / 60, undefined,
  ];
}
