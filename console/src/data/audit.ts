// How does a row of the audit log read?

import type { components } from '$/api/schema';

type AuditRecord = components['schemas']['AuditRecord'];

/** The kinds of things that rows are about, as the filter names them. */
export const KINDS: readonly string[] = [
  'account',
  'app',
  'audit',
  'context-key',
  'lambda',
  'queue',
  'schedule',
  'secret',
  'session',
  'signing-key',
  'token',
  'user',
  'whitelist',
];

/** What was done, by action; an action that is not here is told by its own words. */
const DONE: Readonly<Record<string, string>> = {
  'account.create': 'made the account',
  'account.disable': 'disabled the account',
  'account.enable': 'enabled the account',
  'app.change': 'changed the app',
  'app.install': 'installed the app',
  'app.remove': 'removed the app',
  'app.rotate-secret': 'gave another secret to the app',
  'app.token': 'got a token',
  'audit.gap': 'found a gap in the audit log',
  'audit.prune': 'deleted old rows of the audit log',
  'context-key.create': 'added the developer key',
  'context-key.delete': 'deleted the developer key',
  'lambda.create': 'created the lambda',
  'lambda.delete': 'deleted the lambda',
  'lambda.deploy': 'deployed the lambda',
  'lambda.deploy-failed': 'could not deploy the lambda',
  'lambda.describe': 'described the lambda',
  'lambda.live': 'made live the lambda',
  'lambda.roll-back': 'rolled back the lambda',
  'lambda.run-draft': 'ran a draft of the lambda',
  'lambda.save': 'saved the lambda',
  'lambda.undeploy': 'undeployed the lambda',
  'queue.delete': 'deleted the queued invocation',
  'queue.redrive': 'tried again the queued invocation',
  'schedule.add': 'added a schedule for',
  'schedule.change': 'changed the schedule for',
  'schedule.delete': 'deleted the schedule for',
  'secret.delete': 'deleted the secret',
  'secret.put': 'wrote the secret',
  'secret.read': 'read the value of the secret',
  'session.end': 'ended sessions of',
  'session.log-out': 'signed out',
  'signing-key.add': 'made the signing key',
  'signing-key.delete': 'deleted the signing key',
  'token.create': 'made the token',
  'token.delete': 'deleted the token',
  'token.grant': 'got tokens of',
  'token.narrow': 'got a token that only invokes, of',
  'token.refresh': 'renewed its tokens of',
  'token.reuse': 'showed a token twice, which ended its tokens of',
  'token.revoke': 'gave back its tokens of',
  'user.change': 'changed the user',
  'user.create': 'added the user',
  'user.delete': 'deleted the user',
  'user.set-password': 'set the password of',
  'user.sign-in': 'signed in',
  'user.sign-in-failed': 'could not sign in as',
  'user.sign-in-held-off': 'tried too often to sign in as',
  'whitelist.add': 'allowed the host',
  'whitelist.remove': 'no longer allows the host',
};

/** What says all by itself: the thing is who did it, or the log. */
const ALONE = new Set(['app.token', 'audit.gap', 'audit.prune', 'session.log-out', 'user.sign-in']);

/** Who did it, when nobody has a name for them. */
const NAMELESS: Readonly<Record<string, string>> = { operator: 'The operator', nobody: 'Somebody' };

type Row = Pick<AuditRecord, 'action' | 'actorKind' | 'actorName' | 'targetName' | 'targetId'> &
  Partial<Pick<AuditRecord, 'details'>>;

/** "admin wrote the secret CRM_TOKEN". */
export function sentence(row: Row): string {
  const who = row.actorName || (NAMELESS[row.actorKind] ?? row.actorKind);
  const [kind = '', verb = ''] = row.action.split('.');
  const done = DONE[row.action] ?? `did ${verb.replaceAll('-', ' ')} to the ${kind}`;
  const target = ALONE.has(row.action) ? '' : row.targetName || row.targetId;
  return `${who} ${target === '' ? withoutThing(done) : `${done} ${target}`}${times(row.details)}`;
}

/** "could not sign in as" nobody in particular is "could not sign in". */
function withoutThing(done: string): string {
  return done.replace(/ (as|of|for|(of |to )the [a-z ]+)$/, '');
}

/** What anybody can do is counted: the row says of how many it tells. */
function times({ count }: NonNullable<Row['details']> = {}): string {
  return typeof count === 'number' && count > 1 ? `, ${count} times` : '';
}
