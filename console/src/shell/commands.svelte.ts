// What can be done by name? Pages add commands for as long as they are shown.

import { type Component, untrack } from 'svelte';

export interface Command {
  label: string;
  /** What kind of thing it is: "Go to", "Lambda", "Theme". */
  kind: string;
  icon?: Component<{ size?: number }>;
  /** Words that find it, too. */
  words?: string;
  /** Why it cannot be done. */
  blocked?: string | undefined;
  run: () => unknown;
}

class Commands {
  #lists = $state.raw<readonly (() => readonly Command[])[]>([]);

  get all(): readonly Command[] {
    return this.#lists.flatMap((list) => list());
  }

  /** Adds commands; answers how to take them away again. */
  add(list: () => readonly Command[]): () => void {
    this.#lists = [...this.#lists, list];
    return () => (this.#lists = this.#lists.filter((other) => other !== list));
  }
}

export const commands = new Commands();

/** Offers commands while the component lives. */
export function offer(list: () => readonly Command[]): void {
  $effect(() => untrack(() => commands.add(list)));
}
