// How does one leave? The session ends here in any case, and on the server too; what was not saved is asked
// about, and goes.

import { problemFrom } from '$/api/problem';
import { keepNow, unsavedLambdas } from '$/auth/leavings';
import { session } from '$/auth/session.svelte';
import { router } from '$/router/router.svelte';
import { confirm, toasts } from '$/ui';

const NAMED_MAX = 3;

export async function leave(): Promise<void> {
  keepNow();
  const unsaved = unsavedLambdas(localStorage, session.owner);
  if (unsaved.length > 0 && !(await mayForget(unsaved))) return;
  const revoke = session.leave();
  await router.go('/');
  await told(revoke);
}

function mayForget(unsaved: readonly string[]): Promise<boolean> {
  const named = unsaved.slice(0, NAMED_MAX).join(', ');
  const more = unsaved.length > NAMED_MAX ? ` and ${unsaved.length - NAMED_MAX} more` : '';
  return confirm({
    title: 'Sign out without saving?',
    body: `Changes to ${named}${more} are in this browser only. Signing out deletes them, so that whoever uses it next does not find them.`,
    action: 'Delete them and sign out',
    danger: true,
  });
}

/** Tells the server; whoever cannot is told what that means. */
async function told(revoke: () => Promise<void>): Promise<void> {
  try {
    await revoke();
  } catch (thrown) {
    const message = `You are signed out in this browser, but the server could not be told: ${problemFrom(thrown).message} Until it is, tokens of this session are good for 30 days at most.`;
    toasts.failed(message, { label: 'Tell it again', run: () => told(revoke) });
  }
}
