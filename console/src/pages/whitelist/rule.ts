// Can this be a rule of the whitelist? Said while typing; the server has the last word.

const LABEL = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/i;

/** What is wrong with a rule, as a sentence; nothing when it looks right. */
export function ruleProblem(text: string, taken: readonly string[]): string | undefined {
  const rule = text.trim();
  if (taken.includes(rule)) return `${rule} is allowed already.`;
  const scheme = /^([a-z]+):\/\//i.exec(rule);
  if (scheme && !['http', 'https'].includes((scheme[1] ?? '').toLowerCase()))
    return 'The scheme is http or https.';
  const rest = scheme ? rule.slice(scheme[0].length) : rule;
  if (/[/?#@]/.test(rest)) return 'A rule names a host, without a path or a user.';
  const [host = '', port] = rest.split(':');
  if (port !== undefined && !(/^\d+$/.test(port) && Number(port) >= 1 && Number(port) <= 65_535))
    return 'A port is a number from 1 to 65535.';
  const name = host.startsWith('*.') ? host.slice(2) : host;
  if (name.includes('*')) return 'There may be one *. at the beginning, and no other star.';
  if (!name.split('.').every((label) => LABEL.test(label)))
    return 'A host name has letters, digits, hyphens and dots, such as api.example.com.';
  return undefined;
}
