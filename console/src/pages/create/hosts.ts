// Which hosts does a template call, as far as it says? Proposed as rules of the whitelist.

/** A source and the variables that it reads. */
interface Reading {
  code: string;
  environmentVariables: readonly { value: string }[];
}

const URL_PATTERN = /https?:\/\/[a-z0-9.-]+\.[a-z]{2,}(?::\d+)?/gi;

/** The hosts of the URLs in code and variables; comments are not called. */
export function hostsIn({ code, environmentVariables }: Reading): string[] {
  const without = code.replace(/(^|\s)\/\/.*$/gm, '$1').replace(/\/\*[^]*?\*\//g, '');
  const text = [without, ...environmentVariables.map(({ value }) => value)].join('\n');
  const hosts = [...text.matchAll(URL_PATTERN)].map(([url]) => new URL(url).host);
  return [...new Set(hosts)].sort();
}

const RULE_MAX = 253;

/** The rules in a text, one a line. */
export function rulesIn(text: string): string[] {
  const lines = text.split(/[\n,]/).map((line) => line.trim());
  return [...new Set(lines.filter((line) => line !== ''))];
}

/** What is wrong with a rule as it is typed; the server has the last word. */
export function ruleProblem(rule: string): string | undefined {
  const host = rule.replace(/^https?:\/\//, '').replace(/:\d+$/, '');
  if (host.length > RULE_MAX) return `${rule.slice(0, 30)}… is too long.`;
  if (/[/?#@]/.test(host)) return `${rule}: the name of a host, without a path.`;
  if (!/^(\*\.)?[\p{L}\p{N}]([\p{L}\p{N}.-]*[\p{L}\p{N}])?$/u.test(host))
    return `${rule} is not the name of a host.`;
  return undefined;
}
