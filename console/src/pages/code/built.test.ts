import { expect, test } from 'vitest';

import { problemOf } from '$/api/problem';
import type { Lambda } from '$/api/types';

import { builtMistakes, refusedFor } from './built';

const lambda = (version: number, deploymentState: string): Lambda =>
  ({
    version,
    lastDeployment: {
      lambdaVersion: 3,
      deploymentState,
      deploymentError: {
        errorCode: 'c',
        errorMsg: 'null has no properties',
        place: { file: 'index.js', line: 6, column: 5, sourceLine: 'null.boom', hint: '' },
      },
    },
  }) as unknown as Lambda;

test('a failed build is shown at its place, while it is of what was saved last', () => {
  expect(builtMistakes(lambda(3, 'Build Error'))).toEqual([
    { message: 'null has no properties', hint: '', line: 6, column: 5 },
  ]);
  expect(builtMistakes(lambda(4, 'Build Error'))).toEqual([]);
  expect(builtMistakes(lambda(3, 'Deploy Error'))).toEqual([]);
});

test('a source that was not saved has its mistake, other failures have none', () => {
  const body = {
    errorCode: 'com.liveperson.faas.fm.contract-error',
    errorMsg: 'unexpected',
    line: 2,
  };
  expect(refusedFor(problemOf(400, { ...body, column: 7, hint: 'close it' }))).toEqual({
    message: 'unexpected.',
    hint: 'close it',
    line: 2,
    column: 7,
  });
  expect(refusedFor(problemOf(409, { errorCode: 'com.liveperson.faas.fm.conflict' }))).toBe(
    undefined,
  );
});
