// Which name is proposed?

/** A name that is free, after the template: `greeting`, `greeting-2`. */
export function proposedName(template: string, taken: readonly string[]): string {
  for (let number = 1; ; number++) {
    const name = number === 1 ? template : `${template}-${number}`;
    if (!taken.includes(name)) return name;
  }
}
