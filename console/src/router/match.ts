// Which page does a path lead to? Segments are literal or `:named`; what is literal wins.

/** The values of a pattern's named segments. */
export type Params = Readonly<Record<string, string>>;

/** A pattern that a path fits, or nothing. */
export function fit(pattern: string, path: string): Params | undefined {
  const [wanted, given] = [segments(pattern), segments(path)];
  if (wanted.length !== given.length) return undefined;
  const params: Record<string, string> = {};
  for (const [index, segment] of wanted.entries()) {
    const value = given[index] ?? '';
    if (segment.startsWith(':')) params[segment.slice(1)] = decoded(value);
    else if (segment !== value) return undefined;
  }
  return params;
}

/** The pattern of these that a path fits best. */
export function best<T extends { path: string }>(
  routes: readonly T[],
  path: string,
): { route: T; params: Params } | undefined {
  const ranked = [...routes].sort((a, b) => rank(a.path).localeCompare(rank(b.path)));
  for (const route of ranked) {
    const params = fit(route.path, path);
    if (params !== undefined) return { route, params };
  }
  return undefined;
}

/** A path with values in the place of its named segments. */
export function fill(pattern: string, params: Params): string {
  const filled = segments(pattern).map((segment) =>
    segment.startsWith(':') ? encodeURIComponent(params[segment.slice(1)] ?? '') : segment,
  );
  return `/${filled.join('/')}`;
}

function segments(path: string): string[] {
  return path.split('/').filter((segment) => segment !== '');
}

/** Sorts literal segments before named ones, from the left. */
function rank(pattern: string): string {
  return segments(pattern)
    .map((segment) => (segment.startsWith(':') ? '1' : '0'))
    .join('');
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
