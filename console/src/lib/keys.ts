// What are keys called here? As the system of the user writes them.

const MAC = typeof navigator !== 'undefined' && /mac|iphone|ipad/i.test(navigator.userAgent);

/** "Ctrl+S", "⌘S": a shortcut as it is shown. */
export function keys(key: string): string {
  return MAC ? `⌘${key}` : `Ctrl+${key}`;
}

/** What makes the tab key leave an editor, and the next time stay in it. */
export const LEAVE_KEYS = MAC ? 'Ctrl+Shift+M' : 'Ctrl+M';

/** Whether the event is the shortcut of this key, such as `S` or `Shift+Enter`, with Ctrl or ⌘ and nothing else. */
export function isShortcut(event: KeyboardEvent, key: string): boolean {
  const shifted = key.startsWith('Shift+');
  const name = shifted ? key.slice('Shift+'.length) : key;
  const held = (MAC ? event.metaKey : event.ctrlKey) && !event.altKey;
  return held && event.shiftKey === shifted && event.key.toLowerCase() === name.toLowerCase();
}
