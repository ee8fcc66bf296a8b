// How is an installed app changed? By a request that older servers do not know.

import { accountUrl, authorized } from '$/api/client';
import { problemFrom, problemOf } from '$/api/problem';
import type { components } from '$/api/schema';

type AppInfo = components['schemas']['AppInfo'];

/** What is left out stays. */
export interface AppChange {
  client_name?: string;
  description?: string;
  redirect_uris?: string[];
}

/** The app as it is then; nothing when the server cannot change apps. */
export async function changeApp(id: string, change: AppChange): Promise<AppInfo | undefined> {
  const url = `${accountUrl()}/apps/${encodeURIComponent(id)}`;
  const headers = { 'content-type': 'application/json' };
  const body = JSON.stringify(change);
  const answer = await authorized(new Request(url, { method: 'PATCH', headers, body })).catch(
    (thrown: unknown) => {
      throw problemFrom(thrown);
    },
  );
  if (answer.status === 404 || answer.status === 405) return undefined;
  const told: unknown = await answer.json().catch(() => undefined);
  if (!answer.ok) throw problemOf(answer.status, told);
  return told as AppInfo;
}
