import { describe, expect, it } from 'vitest';

import { type Action, type Permission, allows, refusal } from './permissions';

/** The rows of the seed's table: what, and whether admin, developer, invocation may. */
const TABLE: [Action, boolean, boolean, boolean][] = [
  ['ReadLambdas', true, true, false],
  ['ChangeLambdas', false, true, false],
  ['DeployLambdas', false, true, false],
  ['Invoke', false, true, true],
  ['ChangeWhitelist', true, false, false],
  ['ReadWhitelist', true, true, false],
  ['ChangeSecrets', true, false, false],
  ['ReadSecretsPlain', true, false, false],
  ['ReadSecrets', true, true, false],
];
const COLUMNS: Permission[] = ['admin', 'developer', 'invocation'];

describe('the table of permissions', () => {
  for (const [action, ...row] of TABLE) {
    it(`says who may ${action}`, () => {
      expect(COLUMNS.map((permission) => allows([permission], action))).toEqual(row);
    });
  }

  it('adds permissions up', () => {
    expect(allows(['admin', 'invocation'], 'Invoke')).toBe(true);
    expect(allows([], 'ReadSchedules')).toBe(false);
  });

  it('says who may', () => {
    expect(refusal(['developer'], 'ReadLambdas')).toBeUndefined();
    expect(refusal(['admin'], 'Invoke')).toContain('FaaS-Developer or FaaS-Invocation');
  });
});
