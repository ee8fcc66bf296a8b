// Where did the build fail? The place that the last deployment names, where it was of what is saved now, and
// the one for which the server refused to save.

import type { Problem } from '$/api/problem';
import type { Lambda } from '$/api/types';
import type { Mistake } from '$/editor/markers';

export function builtMistakes({ lastDeployment, version }: Lambda): Mistake[] {
  const failure = lastDeployment?.deploymentError;
  if (!failure || lastDeployment.deploymentState !== 'Build Error') return [];
  if (lastDeployment.lambdaVersion !== version) return [];
  const { line = 0, column = 0, hint } = failure.place ?? {};
  return [{ message: failure.errorMsg, hint, line, column }];
}

/** The mistake for which a source was not saved, if that is why. */
export function refusedFor({ code, message, details }: Problem): Mistake | undefined {
  if (!code.endsWith('.contract-error')) return undefined;
  const number = (name: string) => (typeof details[name] === 'number' ? details[name] : 0);
  const hint = typeof details['hint'] === 'string' ? details['hint'] : undefined;
  return { message, hint, line: number('line'), column: number('column') };
}
