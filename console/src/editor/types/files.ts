// Where do the editor's types lie? As files below `/node_modules`, where the language service looks for
// what is required.

/** Type declarations by their path. */
export type Files = Readonly<Record<string, string>>;

/** Puts what a glob found where it would be installed; `from` is what its paths have before that. */
export function placed(found: Readonly<Record<string, unknown>>, from: string, to: string): Files {
  const moved = Object.entries(found).map(([path, text]) => {
    const at = path.indexOf(from);
    return [`/node_modules/${to}${path.slice(at + from.length)}`, String(text)] as const;
  });
  return Object.fromEntries(moved);
}
