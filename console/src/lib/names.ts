// Is this a name for a lambda? As the server and the platform have it: up to 50 letters, digits, `_`, `-`.

const NAME_MAX = 50;

/** What is wrong with a name, or nothing. */
export function nameProblem(name: string, taken: readonly string[]): string | undefined {
  if (name === '') return 'A lambda needs a name.';
  if (name.length > NAME_MAX) return `At most ${NAME_MAX} characters; these are ${name.length}.`;
  if (!/^[A-Za-z0-9_-]+$/.test(name)) return 'Letters, digits, “_” and “-” only.';
  return taken.includes(name) ? `There is a lambda called ${name} already.` : undefined;
}

const DESCRIPTION_MAX = 200;

/** What is wrong with a description, or nothing. */
export function descriptionProblem(description: string): string | undefined {
  const length = [...description].length;
  return length > DESCRIPTION_MAX
    ? `At most ${DESCRIPTION_MAX} characters; these are ${length}.`
    : undefined;
}

/** A name that is free, made of another one: `greeting-copy`, `greeting-copy-2`. */
export function freeName(name: string, taken: readonly string[]): string {
  for (let attempt = 1; ; attempt++) {
    const ending = attempt === 1 ? '-copy' : `-copy-${attempt}`;
    const candidate = name.slice(0, NAME_MAX - ending.length) + ending;
    if (!taken.includes(candidate)) return candidate;
  }
}
