// What clocks show where, which the host knows.
import { zoneOffset } from 'sandglass:native';

// Of `+02:00` and the like, in seconds.
function fixed(zone) {
  const [, sign, hours, minutes = '00'] = /^([+-])([01]\d|2[0-3])(?::?([0-5]\d))?$/.exec(zone) ?? [];
  return sign === undefined ? undefined : (sign === '-' ? -1 : 1) * (Number(hours) * 3600 + Number(minutes) * 60);
}

// How far a zone is ahead of UTC at a moment, in seconds.
export function offsetOf(zone, seconds) {
  if (zone === 'UTC') return 0;
  return fixed(zone) ?? zoneOffset(zone, seconds);
}

const SMALL = new Set(['of', 'au', 'es']);

// The name of a zone as the database writes it; nothing for none.
export function canonicalZone(text) {
  const zone = `${text}`.toWellFormed();
  if (/^(utc|etc\/utc|etc\/gmt|gmt|etc\/uct|uct|zulu|etc\/zulu|etc\/universal|universal)$/i.test(zone)) return 'UTC';
  const offset = fixed(zone);
  if (offset !== undefined) {
    const minutes = Math.abs(offset) / 60;
    const two = (value) => `${Math.floor(value)}`.padStart(2, '0');
    return `${offset < 0 ? '-' : '+'}${two(minutes / 60)}:${two(minutes % 60)}`;
  }
  if (zone === '' || zoneOffset(zone, 0) === undefined) return undefined;
  if (/^[A-Z]{2,4}\d?$/i.test(zone) || /^etc\//i.test(zone)) return zone.replace(/^etc/i, 'Etc').replace(/^[a-z]{2,4}\d?$/i, (name) => name.toUpperCase());
  return zone.split('/').map((part) => part.split(/([_-])/).map((word) => {
    const lower = word.toLowerCase();
    if (SMALL.has(lower)) return lower;
    return /^[A-Z][a-z]+[A-Z][a-zA-Z]*$/.test(word) ? word : lower.charAt(0).toUpperCase() + lower.slice(1);
  }).join('')).join('/');
}
