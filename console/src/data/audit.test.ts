import { describe, expect, it } from 'vitest';

import { sentence } from './audit';

const ROW = {
  action: 'secret.put',
  actorKind: 'user',
  actorName: 'ada',
  targetName: 'CRM_TOKEN',
  targetId: '',
  details: {},
};

describe('sentence', () => {
  it('says who did what to which thing', () => {
    expect(sentence(ROW)).toBe('ada wrote the secret CRM_TOKEN');
  });

  it('has words for the operator, and for what it does not know', () => {
    const row = { ...ROW, actorKind: 'operator', actorName: '', action: 'robot.wind-up' };
    expect(sentence(row)).toBe('The operator did wind up to the robot CRM_TOKEN');
  });

  it('tells of who signs in, and of who does not', () => {
    const ada = { ...ROW, action: 'user.sign-in', targetName: 'ada' };
    expect(sentence(ada)).toBe('ada signed in');
    expect(sentence({ ...ada, action: 'session.log-out' })).toBe('ada signed out');
    const nobody = { ...ada, actorKind: 'nobody', actorName: '', action: 'user.sign-in-failed' };
    expect(sentence(nobody)).toBe('Somebody could not sign in as ada');
    expect(sentence({ ...nobody, targetName: '', details: { count: 37 } })).toBe(
      'Somebody could not sign in, 37 times',
    );
  });

  it('tells of the tokens that apps have of people, and of their own', () => {
    const shop = { ...ROW, actorKind: 'app', actorName: 'Web shop', targetName: 'ada' };
    expect(sentence({ ...shop, action: 'token.grant' })).toBe('Web shop got tokens of ada');
    expect(sentence({ ...shop, action: 'token.revoke' })).toBe(
      'Web shop gave back its tokens of ada',
    );
    const draft = { ...ROW, action: 'lambda.run-draft', targetName: '' };
    expect(sentence(draft)).toBe('ada ran a draft');
  });
});
