// Which lambdas are there? One list for the page, the palette and every choice of a lambda.

import { api, ok } from '$/api/client';
import type { LambdaInfo } from '$/api/types';
import { Resource } from '$/lib/resource.svelte';

/** The lambdas of the account; whoever shows them loads them. */
export const lambdas = new Resource<LambdaInfo[]>(async (signal) => {
  const list = await ok(api().GET('/lambdas', { signal }));
  // Without `v=1` they come without their code.
  return list as LambdaInfo[];
});
