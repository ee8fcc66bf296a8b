import { expect, it } from 'vitest';

import { isShortcut, keys } from './keys';

const pressed = (key: string, held: Partial<KeyboardEvent>) =>
  ({
    key,
    ctrlKey: false,
    metaKey: false,
    altKey: false,
    shiftKey: false,
    ...held,
  }) as KeyboardEvent;

it('knows a shortcut by its key and Ctrl alone', () => {
  expect(isShortcut(pressed('S', { ctrlKey: true }), 's')).toBe(true);
  expect(isShortcut(pressed('s', {}), 's')).toBe(false);
  expect(isShortcut(pressed('s', { ctrlKey: true, shiftKey: true }), 's')).toBe(false);
  const shifted = pressed('Enter', { ctrlKey: true, shiftKey: true });
  expect(isShortcut(shifted, 'Shift+Enter')).toBe(true);
  expect(isShortcut(pressed('Enter', { ctrlKey: true }), 'Shift+Enter')).toBe(false);
  expect(isShortcut(pressed('x', { ctrlKey: true }), 's')).toBe(false);
});

it('writes a shortcut as the system does', () => {
  expect(keys('S')).toBe('Ctrl+S');
});
