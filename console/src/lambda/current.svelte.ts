// Which lambda is looked at? One for all of its tabs, so that changing the tab shows it at once.

import type { Lambda } from '$/api/types';
import { readLambda } from '$/data/lambda';
import { Resource } from '$/lib/resource.svelte';
import { router } from '$/router/router.svelte';

let kept: { name: string; resource: Resource<Lambda> } | undefined;

/** The lambda that the address names; fetched again by every tab that shows it. */
export function currentLambda(): Resource<Lambda> {
  const name = router.param('lambda');
  if (kept?.name !== name) {
    kept = { name, resource: new Resource((signal) => readLambda(name, signal)) };
  }
  const { resource } = kept;
  $effect(() => {
    void resource.load();
    return () => resource.stop();
  });
  return resource;
}
