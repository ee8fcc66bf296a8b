// What was just done? Said once, in a corner, with the way back where there is one.

export interface Toast {
  id: number;
  tone: 'done' | 'failed';
  message: string;
  /** Takes back what was done. */
  undo?: () => unknown;
}

const SHOWN_MS = 6_000;
const SHOWN_WITH_UNDO_MS = 12_000;

class Toasts {
  list = $state<Toast[]>([]);
  #next = 1;

  /** Says what was done. */
  done(message: string, undo?: () => unknown): void {
    this.#add({ tone: 'done', message, undo }, undo ? SHOWN_WITH_UNDO_MS : SHOWN_MS);
  }

  /** Says what could not be done. Stays until it is put away. */
  failed(message: string): void {
    this.#add({ tone: 'failed', message });
  }

  drop(id: number): void {
    this.list = this.list.filter((toast) => toast.id !== id);
  }

  #add(toast: Omit<Toast, 'id'>, ms?: number): void {
    const id = this.#next++;
    this.list = [...this.list.slice(-3), { ...toast, id }];
    if (ms !== undefined) setTimeout(() => this.drop(id), ms);
  }
}

export const toasts = new Toasts();
