import { describe, expect, it } from 'vitest';

import { sentence } from './audit';

const ROW = {
  action: 'secret.put',
  actorKind: 'user',
  actorName: 'ada',
  targetName: 'CRM_TOKEN',
  targetId: '',
};

describe('sentence', () => {
  it('says who did what to which thing', () => {
    expect(sentence(ROW)).toBe('ada wrote the secret CRM_TOKEN');
  });

  it('has words for the operator, and for what it does not know', () => {
    const row = { ...ROW, actorKind: 'operator', actorName: '', action: 'robot.wind-up' };
    expect(sentence(row)).toBe('The operator did wind up to the robot CRM_TOKEN');
  });
});
