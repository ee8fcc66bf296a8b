// What are keys called here? As the system of the user writes them.

const MAC = typeof navigator !== 'undefined' && /mac|iphone|ipad/i.test(navigator.userAgent);

/** "Ctrl+S", "⌘S": a shortcut as it is shown. */
export function keys(key: string): string {
  return MAC ? `⌘${key}` : `Ctrl+${key}`;
}

/** What makes the tab key leave an editor, and the next time stay in it. */
export const LEAVE_KEYS = MAC ? 'Ctrl+Shift+M' : 'Ctrl+M';

/** Whether the event is the shortcut of this key, with Ctrl or ⌘ and nothing else. */
export function isShortcut(event: KeyboardEvent, key: string): boolean {
  const held = (MAC ? event.metaKey : event.ctrlKey) && !event.altKey && !event.shiftKey;
  return held && event.key.toLowerCase() === key.toLowerCase();
}
