// How does one leave? The session ends on the server too.

import { session } from '$/auth/session.svelte';
import { router } from '$/router/router.svelte';

export async function leave(): Promise<void> {
  await session.signOut();
  await router.go('/');
}
