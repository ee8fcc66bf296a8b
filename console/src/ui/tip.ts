// What does this mean? A word in a bubble, for the mouse and for the keyboard: `{@attach tip('…')}`.
// There is one bubble for the whole page; Escape puts it away (WCAG 1.4.13).

import type { Attachment } from 'svelte/attachments';

const GAP = 6;
/** What can have the focus, and speaks for what stands in it. */
const HOLDERS = 'a[href], button, summary, [data-row]';
let bubble: HTMLElement | undefined;
let owner: Element | undefined;
/** Who says the text to a screen reader: the owner, or what it stands in. */
let described: Element | undefined;

/**
 * Shows a text beside the element while it is pointed at, or has the focus. What stands in something that can
 * have the focus, such as a row that unfolds, shows it when that has it, and is no stop of its own.
 */
export function tip(text: string | undefined): Attachment<HTMLElement> {
  return (element) => {
    if (text === undefined || text === '') return undefined;
    const own = element.tabIndex >= 0;
    const holder = (own ? undefined : element.closest<HTMLElement>(HOLDERS)) ?? element;
    const on = () => show(element, text, holder);
    const off = () => hide(element);
    const leave = (event: PointerEvent) => {
      // The bubble itself may be pointed at, to read or to copy it.
      if (event.relatedTarget !== bubble) off();
    };
    // Who presses a button knows what it does, unless it says why it does nothing.
    const pressed = () => {
      const works = element.matches('a, button') && element.ariaDisabled !== 'true';
      if (works) off();
    };
    element.addEventListener('click', pressed);
    element.addEventListener('pointerenter', on);
    element.addEventListener('pointerleave', leave);
    // Focus that comes back after a dialog of the mouse says nothing new.
    const reached = ({ target }: FocusEvent) => {
      if (holder !== element && target !== holder) return;
      if (holder.matches(':focus-visible')) on();
    };
    holder.addEventListener('focusin', reached);
    holder.addEventListener('focusout', off);
    return () => {
      element.removeEventListener('click', pressed);
      element.removeEventListener('pointerenter', on);
      element.removeEventListener('pointerleave', leave);
      holder.removeEventListener('focusin', reached);
      holder.removeEventListener('focusout', off);
      off();
    };
  };
}

function show(element: HTMLElement, text: string, holder: HTMLElement): void {
  const made = (bubble ??= make());
  if (owner && owner !== element) hide(owner);
  owner = element;
  made.textContent = text;
  described = holder;
  holder.setAttribute('aria-describedby', made.id);
  // Focus may come here while another popover opens or closes, when none may be shown.
  requestAnimationFrame(() => {
    if (owner !== element) return;
    // A bubble in a dialog belongs above it: the top layer.
    if (!made.matches(':popover-open')) made.showPopover();
    place(made, element.getBoundingClientRect());
  });
}

function hide(element: Element): void {
  if (owner !== element) return;
  owner = undefined;
  described?.removeAttribute('aria-describedby');
  if (bubble?.matches(':popover-open')) bubble.hidePopover();
}

function place(made: HTMLElement, at: DOMRect): void {
  const { offsetWidth: width, offsetHeight: height } = made;
  const left = Math.min(
    Math.max(at.left + at.width / 2 - width / 2, GAP),
    innerWidth - width - GAP,
  );
  const below = at.bottom + GAP;
  const top = below + height < innerHeight ? below : Math.max(at.top - height - GAP, GAP);
  made.style.translate = `${Math.round(left)}px ${Math.round(top)}px`;
}

function make(): HTMLElement {
  const made = document.createElement('div');
  made.id = 'tip';
  made.className = 'tip';
  made.role = 'tooltip';
  made.popover = 'manual';
  made.addEventListener('pointerleave', () => owner && hide(owner));
  document.addEventListener('keydown', (event) => {
    if (event.key === 'Escape' && owner) hide(owner);
  });
  document.addEventListener('scroll', () => owner && hide(owner), { capture: true, passive: true });
  return document.body.appendChild(made);
}
