// What may an environment variable be called? As the server and the platform have it, said while typing.

export interface Variable {
  key: string;
  value: string;
}

const NAME_CHARS_MAX = 200;
const VALUE_CHARS_MAX = 1_024;
export const VARIABLES_MAX = 510;

/** Names that belong to the platform. */
const RESERVED: readonly string[] = [
  'BRAND_ID',
  'CONTEXT_SERVICE_ENVIRONMENT',
  'DC',
  'DOMAIN',
  'HTTPS_PROXY',
  'HTTP_PROXY',
  'LAMBDA_UUID',
  'NODE_ENV',
  'NO_PROXY',
  'VAULT_DOMAIN',
  'VAULT_K8S_MOUNT',
  'VAULT_LAMBDA_ROLE',
  'VAULT_SERVICE_ENV',
  'WATCHDOG_VERSION',
];

/** What is wrong with a name, or nothing. */
export function variableProblem(name: string, taken: readonly string[]): string | undefined {
  if (name === '') return 'A variable needs a name.';
  if (RESERVED.includes(name)) return 'Variable name is reserved and thereby blocked for use.';
  if (/^\d/.test(name)) return 'A name does not begin with a digit.';
  if (!/^\w+$/.test(name)) return 'Letters, digits and “_” only.';
  if (name.length > NAME_CHARS_MAX)
    return `At most ${NAME_CHARS_MAX} characters; these are ${name.length}.`;
  return taken.includes(name) ? `There is a variable called ${name} already.` : undefined;
}

/** What is wrong with a value, or nothing. */
export function valueProblem(value: string): string | undefined {
  const length = [...value].length;
  if (length > VALUE_CHARS_MAX)
    return `At most ${VALUE_CHARS_MAX} characters; these are ${length}.`;
  return value.includes('\0') ? 'A value cannot hold a NUL character.' : undefined;
}

/** The variables with one more, or with another value or name for one; in the order of their names. */
export function withVariable(
  all: readonly Variable[],
  variable: Variable,
  instead?: string,
): Variable[] {
  const rest = all.filter(({ key }) => key !== instead && key !== variable.key);
  return [...rest, variable].sort((a, b) => (a.key < b.key ? -1 : 1));
}

/** Whether two environments are the same, whatever their order. */
export function sameVariables(a: readonly Variable[], b: readonly Variable[]): boolean {
  const text = (all: readonly Variable[]) =>
    JSON.stringify(all.map(({ key, value }) => [key, value]).sort());
  return text(a) === text(b);
}

/** As `POST /run` takes them. */
export function environmentOf(all: readonly Variable[]): Record<string, string> {
  return Object.fromEntries(all.map(({ key, value }) => [key, value]));
}

export interface VariableChange {
  key: string;
  kind: 'added' | 'removed' | 'changed';
}

/** How variables differ from an environment, by name. */
export function variableChanges(
  before: Readonly<Record<string, string>>,
  after: readonly Variable[],
): VariableChange[] {
  const now = environmentOf(after);
  const names = [...new Set([...Object.keys(before), ...Object.keys(now)])].sort();
  return names.flatMap((key): VariableChange[] => {
    if (!(key in before)) return [{ key, kind: 'added' }];
    if (!(key in now)) return [{ key, kind: 'removed' }];
    return before[key] === now[key] ? [] : [{ key, kind: 'changed' }];
  });
}
