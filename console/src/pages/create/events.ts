// For which event can one more lambda be? What is not free is shown with the reason.

import type { components } from '$/api/schema';
import type { LambdaInfo } from '$/api/types';
import { plural } from '$/lib/units';

export type EventInfo = components['schemas']['EventInfo'];

export interface Choice {
  event: EventInfo;
  /** Why it cannot be chosen. */
  blocked: string | undefined;
}

/** All events, the free ones first, each group by name. */
export function choices(events: readonly EventInfo[], lambdas: readonly LambdaInfo[]): Choice[] {
  return events
    .map((event) => ({ event, blocked: blockedBy(event, lambdas) }))
    .sort((a, b) => {
      const order = Number(a.blocked !== undefined) - Number(b.blocked !== undefined);
      return order || a.event.eventName.localeCompare(b.event.eventName);
    });
}

/** Why no more lambda can be for an event; nothing when one can. */
export function blockedBy(event: EventInfo, lambdas: readonly LambdaInfo[]): string | undefined {
  if (event.free) return undefined;
  const owners = lambdas.filter(({ eventId }) => eventId === event.eventId).map(({ name }) => name);
  const most = `It can have ${plural(event.lambdaLimit, 'lambda')}`;
  if (owners.length === 0) return `${most}, and has as many.`;
  const [first, ...others] = owners;
  const more = others.length > 0 ? ` and ${plural(others.length, 'other')}` : '';
  return `${most}, and has ${first}${more}.`;
}
