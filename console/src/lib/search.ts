// Does this fit what was typed? Every word of it has to be somewhere, in any case and order.

/** Whether all words of the query are in the text. */
export function fits(query: string, text: string): boolean {
  const whole = text.toLowerCase();
  return words(query).every((word) => whole.includes(word));
}

/** How well a text fits, for sorting: less is better, nothing when it does not. */
export function rank(query: string, text: string): number | undefined {
  if (!fits(query, text)) return undefined;
  const [first] = words(query);
  if (first === undefined) return 0;
  const at = text.toLowerCase().indexOf(first);
  const begins = at === 0 || /[^a-z0-9]/i.test(text.charAt(at - 1));
  return begins ? at : at + 1_000;
}

function words(query: string): string[] {
  return query
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '');
}
