// How are amounts told? With three figures at most, and a unit.

const BYTES = ['B', 'kB', 'MB', 'GB', 'TB'];
const COUNTS = ['', ' k', ' M', ' G', ' T'];

/** "7.3 kB": decimal units, as disks and networks have them. */
export function bytes(amount: number): string {
  return scaled(amount, BYTES, ' ');
}

/** "1.2 M": fuel, invocations. */
export function count(amount: number): string {
  return amount < 10_000 ? amount.toLocaleString('en') : scaled(amount, COUNTS, '');
}

/** "1 lambda", "2 lambdas". */
export function plural(amount: number, one: string, many = `${one}s`): string {
  return `${count(amount)} ${amount === 1 ? one : many}`;
}

/** "12 %". */
export function percent(part: number, whole: number): string {
  if (whole === 0) return '0 %';
  const value = (part / whole) * 100;
  if (value > 0 && value < 1) return '< 1 %';
  return `${Math.round(value)} %`;
}

function scaled(amount: number, units: readonly string[], gap: string): string {
  let [value, unit] = [amount, 0];
  while (value >= 999.5 && unit < units.length - 1) [value, unit] = [value / 1_000, unit + 1];
  const text = unit === 0 || value >= 99.95 ? Math.round(value).toString() : short(value);
  return `${text}${gap}${units[unit] ?? ''}`;
}

function short(value: number): string {
  return value >= 9.995 ? value.toFixed(1) : value.toFixed(2);
}
