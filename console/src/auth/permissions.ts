// Who may do what? The table of docs/access.md, and the words for those who may not.

/** A permission, as the API names it. */
export type Permission = 'admin' | 'developer' | 'invocation';

/** What takes leave: the names that `x-needs` has in the OpenAPI document. */
export type Action = keyof typeof NEEDS;

const ADMIN: readonly Permission[] = ['admin'];
const DEVELOPER: readonly Permission[] = ['developer'];
const READERS: readonly Permission[] = ['admin', 'developer'];

/** The permissions of which any one is enough. */
const NEEDS = {
  ReadLambdas: READERS,
  ChangeLambdas: DEVELOPER,
  DeployLambdas: DEVELOPER,
  Invoke: ['developer', 'invocation'],
  ChangeWhitelist: ADMIN,
  ReadWhitelist: READERS,
  ChangeSecrets: ADMIN,
  ReadSecretsPlain: ADMIN,
  ReadSecrets: READERS,
  ReadLogs: READERS,
  ReadMetrics: READERS,
  ReadActivity: READERS,
  ReadServerMetrics: ADMIN,
  ReadSchedules: ['admin', 'developer', 'invocation'],
  ChangeSchedules: READERS,
  Users: ADMIN,
  Tokens: ADMIN,
  Apps: ADMIN,
  ContextKeys: ADMIN,
  Audit: ADMIN,
} as const satisfies Record<string, readonly Permission[]>;

/** What people call a permission. */
export const PERMISSION_NAMES: Readonly<Record<Permission, string>> = {
  admin: 'FaaS-Admin',
  developer: 'FaaS-Developer',
  invocation: 'FaaS-Invocation',
};

/** Whether somebody with these permissions may. */
export function allows(permissions: readonly Permission[], action: Action): boolean {
  const enough: readonly Permission[] = NEEDS[action];
  return enough.some((permission) => permissions.includes(permission));
}

/** Why somebody may not, and who may; nothing for who may. */
export function refusal(permissions: readonly Permission[], action: Action): string | undefined {
  if (allows(permissions, action)) return undefined;
  const names = NEEDS[action].map((permission) => PERMISSION_NAMES[permission]).join(' or ');
  return `This takes ${names}. An administrator can grant it under Settings, Users.`;
}
