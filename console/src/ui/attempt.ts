// What is said when a small thing does not work, such as an entry of a menu? A toast says why.

import { problemFrom } from '$/api/problem';

import { toasts } from './toast.svelte';

/** Does it. Whether it was done; where it was not, a toast says why, after what `failed` says of it. */
export async function attempt(doing: () => Promise<unknown>, failed?: string): Promise<boolean> {
  try {
    await doing();
    return true;
  } catch (thrown) {
    const { message } = problemFrom(thrown);
    toasts.failed(failed === undefined ? message : `${failed} ${message}`);
    return false;
  }
}
