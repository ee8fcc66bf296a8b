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
  'app.install': 'installed the app',
  'app.remove': 'removed the app',
  'app.rotate-secret': 'gave another secret to the app',
  'context-key.create': 'added the developer key',
  'context-key.delete': 'deleted the developer key',
  'lambda.create': 'created the lambda',
  'lambda.delete': 'deleted the lambda',
  'lambda.deploy': 'deployed the lambda',
  'lambda.deploy-failed': 'could not deploy the lambda',
  'lambda.describe': 'described the lambda',
  'lambda.live': 'made live the lambda',
  'lambda.roll-back': 'rolled back the lambda',
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
  'signing-key.add': 'made the signing key',
  'signing-key.delete': 'deleted the signing key',
  'token.create': 'made the token',
  'token.delete': 'deleted the token',
  'user.change': 'changed the user',
  'user.create': 'added the user',
  'user.delete': 'deleted the user',
  'user.set-password': 'set the password of',
  'whitelist.add': 'allowed the host',
  'whitelist.remove': 'no longer allows the host',
};

/** "admin wrote the secret CRM_TOKEN". */
export function sentence(
  row: Pick<AuditRecord, 'action' | 'actorKind' | 'actorName' | 'targetName' | 'targetId'>,
): string {
  const who = row.actorName || (row.actorKind === 'operator' ? 'The operator' : row.actorKind);
  const [kind = '', verb = ''] = row.action.split('.');
  const done = DONE[row.action] ?? `did ${verb.replaceAll('-', ' ')} to the ${kind}`;
  return `${who} ${done} ${row.targetName || row.targetId}`.trim();
}
