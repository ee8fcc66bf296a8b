// What was just done? Said once, in a corner, with the way back where there is one. Time stands still for
// what is pointed at or has the focus (WCAG 2.2.1).

/** What can be done about it. */
export interface ToastAction {
  label: string;
  run: () => unknown;
}

export interface Toast {
  id: number;
  tone: 'done' | 'failed';
  message: string;
  action?: ToastAction | undefined;
}

const SHOWN_MS = 6_000;
const SHOWN_WITH_UNDO_MS = 12_000;
/** More at once are no news any more. */
const SHOWN_MAX = 4;

export class Toasts {
  list = $state<Toast[]>([]);
  #next = 1;
  #held = false;
  /** How long each that goes by itself has still to be seen. */
  readonly #left = new Map<number, number>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #since = 0;

  /** Says what was done. */
  done(message: string, undo?: () => unknown): void {
    const action = undo && { label: 'Undo', run: undo };
    this.#add({ tone: 'done', message, action }, undo ? SHOWN_WITH_UNDO_MS : SHOWN_MS);
  }

  /** Says what could not be done. Stays until it is put away. */
  failed(message: string, action?: ToastAction): void {
    this.#add({ tone: 'failed', message, action });
  }

  drop(id: number): void {
    this.#left.delete(id);
    this.list = this.list.filter((toast) => toast.id !== id);
  }

  /** Lets nothing go while somebody reads, points or has the focus there. */
  hold(held: boolean): void {
    if (this.#held === held) return;
    this.#pass();
    this.#held = held;
    this.#wait();
  }

  #add(toast: Omit<Toast, 'id'>, ms?: number): void {
    const id = this.#next++;
    this.#pass();
    if (ms !== undefined) this.#left.set(id, ms);
    this.list = [...this.list, { ...toast, id }];
    for (const { id: old } of this.list.slice(0, -SHOWN_MAX)) this.drop(old);
    this.#wait();
  }

  /** Takes the time that went by from what is left of each, and lets go what has none. */
  #pass(): void {
    clearTimeout(this.#timer);
    const passed = this.#held ? 0 : Date.now() - this.#since;
    this.#since = Date.now();
    for (const [id, left] of [...this.#left]) {
      if (left <= passed) this.drop(id);
      else this.#left.set(id, left - passed);
    }
  }

  /** Comes back when the next one has been seen long enough. */
  #wait(): void {
    if (this.#held || this.#left.size === 0) return;
    const next = Math.min(...this.#left.values());
    this.#timer = setTimeout(() => {
      this.#pass();
      this.#wait();
    }, next);
  }
}

export const toasts = new Toasts();
