// May this be destroyed? Asked once, naming the thing: `if (await confirm({...})) …`.

export interface Question {
  /** "Delete hello-world?" */
  title: string;
  /** What goes with it, and whether it can come back. */
  body: string;
  /** "Delete" */
  action: string;
  danger?: boolean;
}

class Confirmation {
  question = $state.raw<Question>();
  #answer: ((yes: boolean) => void) | undefined;

  ask(question: Question): Promise<boolean> {
    this.#answer?.(false);
    this.question = question;
    return new Promise((resolve) => (this.#answer = resolve));
  }

  answer(yes: boolean): void {
    this.question = undefined;
    this.#answer?.(yes);
    this.#answer = undefined;
  }
}

export const confirmation = new Confirmation();

/** Asks; true when it was confirmed. */
export function confirm(question: Question): Promise<boolean> {
  return confirmation.ask(question);
}
