// How is something reached without the mouse? As by the Tab key, so that the focus is one that shows.

import type { Locator } from '@playwright/test';

/** Gives it the focus as the keyboard does; browsers show no focus that comes after a click. In a menu, the Tab
    key would leave. */
export async function reached(locator: Locator, key = 'Tab'): Promise<void> {
  await locator.page().keyboard.press(key);
  await locator.focus();
}
