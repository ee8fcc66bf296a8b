// When is a cron expression due, in words? Those of cronstrue, and none for what it cannot read.

import cronstrue from 'cronstrue';

const SHORT: Readonly<Record<string, string>> = {
  '@hourly': '0 * * * *',
  '@daily': '0 0 * * *',
  '@weekly': '0 0 * * 0',
  '@monthly': '0 0 1 * *',
  '@yearly': '0 0 1 1 *',
};

/** "Every 15 minutes"; the expression itself when it cannot be read. */
export function inWords(expression: string): string {
  const fields = SHORT[expression.trim().toLowerCase()] ?? expression;
  try {
    return cronstrue.toString(fields, { use24HourTimeFormat: true });
  } catch {
    return expression;
  }
}

/** The time zones that this browser knows, UTC first. */
export function zones(): string[] {
  const known = Intl.supportedValuesOf('timeZone').filter((zone) => zone !== 'UTC');
  return ['Etc/UTC', ...known];
}
