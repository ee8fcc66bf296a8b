// How does one get through a long list by keyboard? It is one stop of the Tab key; the arrows, Home and End go
// from row to row (WAI-ARIA Authoring Practices, roving tabindex): `{@attach rove('summary, [data-row]')}`.

import type { Attachment } from 'svelte/attachments';

/** Where a key leads from a row; nowhere for any other key. */
export function step(key: string, from: number, rows: number): number | undefined {
  if (rows === 0) return undefined;
  if (key === 'ArrowDown') return Math.min(from + 1, rows - 1);
  if (key === 'ArrowUp') return Math.max(from - 1, 0);
  if (key === 'Home') return 0;
  return key === 'End' ? rows - 1 : undefined;
}

/** Makes one stop of all that `rows` selects in a list; rows may come and go as children of the list. */
export function rove(rows: string): Attachment<HTMLElement> {
  return (list) => {
    /** The row that the Tab key leads to: the one that had the focus last, or else the first. */
    let current: HTMLElement | undefined;
    const all = () => [...list.querySelectorAll<HTMLElement>(rows)];
    const settle = () => {
      const shown = all();
      const stop = current && shown.includes(current) ? current : shown[0];
      for (const row of shown) {
        const index = row === stop ? 0 : -1;
        if (row.getAttribute('tabindex') !== String(index)) row.tabIndex = index;
      }
    };
    const arrived = ({ target }: FocusEvent) => {
      if (!(target as Element).matches(rows)) return;
      current = target as HTMLElement;
      settle();
    };
    const pressed = (event: KeyboardEvent) => {
      const shown = all();
      const from = shown.indexOf(event.target as HTMLElement);
      const to = from < 0 ? undefined : step(event.key, from, shown.length);
      if (to === undefined) return;
      event.preventDefault();
      shown[to]?.focus();
    };
    list.setAttribute('aria-description', 'The arrow keys go from row to row.');
    const watch = new MutationObserver(settle);
    watch.observe(list, { childList: true });
    list.addEventListener('focusin', arrived);
    list.addEventListener('keydown', pressed);
    settle();
    return () => {
      watch.disconnect();
      list.removeEventListener('focusin', arrived);
      list.removeEventListener('keydown', pressed);
    };
  };
}
