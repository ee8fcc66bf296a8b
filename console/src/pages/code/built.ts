// Where did the build fail? The place that the last deployment names, where it was of what is saved now.

import type { Lambda } from '$/api/types';
import type { Mistake } from '$/editor/markers';

export function builtMistakes({ lastDeployment, version }: Lambda): Mistake[] {
  const failure = lastDeployment?.deploymentError;
  if (!failure || lastDeployment.deploymentState !== 'Build Error') return [];
  if (lastDeployment.lambdaVersion !== version) return [];
  const { line = 0, column = 0, hint } = failure.place ?? {};
  return [{ message: failure.errorMsg, hint, line, column }];
}
