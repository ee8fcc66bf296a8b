// ulid, ids: names that sort by time.
import { decodeTime, monotonicFactory, ulid } from 'ulid';

export async function lambda() {
  const next = monotonicFactory();
  const ids = [next(1000), next(1000), next(1000)];
  return {
    'the time': [ulid(1469918176385).slice(0, 10), '01ARYZ6S41'],
    'read back': [decodeTime('01ARYZ6S41TSV4RRFFQ69G5FAV'), 1469918176385],
    'order': [ids.toSorted(), ids],
    'size': [ulid().length, 26],
  };
}
