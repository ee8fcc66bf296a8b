// Which pictures are taken? Each page says so in its `shots.ts`.

import type { Page } from '@playwright/test';

export interface Shot {
  /** Its file's name, before theme and width. */
  name: string;
  /** Below `/console`. */
  path: string;
  /** A selector of what has to be there before. */
  ready: string;
  /** Opens a menu, types something, … */
  before?: (page: Page) => Promise<void>;
}
