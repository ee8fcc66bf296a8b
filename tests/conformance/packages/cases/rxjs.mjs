// rxjs, async: observables and their operators.
import { concatMap, debounceTime, delay, firstValueFrom, from, interval, lastValueFrom, map, merge, of, retry, Subject, take, throwError, toArray, defer, catchError } from 'rxjs';

export async function lambda() {
  let tries = 0;
  const flaky = defer(() => (++tries < 3 ? throwError(() => new Error('flaky')) : of('ok')));
  const subject = new Subject();
  const debounced = firstValueFrom(subject.pipe(debounceTime(5)));
  subject.next(1);
  subject.next(2);
  return {
    'operators': [await lastValueFrom(from([1, 2, 3]).pipe(map((n) => n * 2), concatMap((n) => of(n).pipe(delay(1))), toArray())), [2, 4, 6]],
    'timers': [await lastValueFrom(interval(1).pipe(take(3), toArray())), [0, 1, 2]],
    'retries': [[await lastValueFrom(flaky.pipe(retry(3))), tries], ['ok', 3]],
    'debounces': [await debounced, 2],
    'merges': [(await lastValueFrom(merge(of('a').pipe(delay(2)), of('b')).pipe(toArray()))).join(), 'b,a'],
    'catches': [await lastValueFrom(throwError(() => new Error('x')).pipe(catchError((error) => of(error.message)))), 'x'],
  };
}
