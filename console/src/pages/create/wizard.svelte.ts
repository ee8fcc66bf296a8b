// What is chosen so far? The answers of all steps, and what is made of them.

import { api, ok } from '$/api/client';
import type { components } from '$/api/schema';
import { problemFrom } from '$/api/problem';
import type { Lambda, LambdaInfo } from '$/api/types';
import { session } from '$/auth/session.svelte';
import { descriptionProblem, nameProblem } from '$/lib/names';
import { inputText, keepInput } from '$/report/input';

import { type Choice, type EventInfo, choices } from './events';
import { hostsIn, ruleProblem, rulesIn } from './hosts';
import { proposedName } from './words';

export type Template = components['schemas']['Template'];

/** What the server offers to choose from. */
export interface Offers {
  templates: Template[];
  events: EventInfo[];
  lambdas: LambdaInfo[];
}

export async function readOffers(signal: AbortSignal): Promise<Offers> {
  const [templates, events, lambdas] = await Promise.all([
    ok(api().GET('/templates', { signal })),
    ok(api().GET('/events', { signal })),
    ok(api().GET('/lambdas', { signal })),
  ]);
  return { templates, events, lambdas: lambdas as LambdaInfo[] };
}

export const STEPS = [
  { key: 'template', label: 'Template' },
  { key: 'event', label: 'Event' },
  { key: 'whitelist', label: 'Whitelist' },
  { key: 'name', label: 'Name' },
] as const;

export type Step = (typeof STEPS)[number]['key'];

export class Wizard {
  readonly offers: Offers;
  readonly taken: string[] = [];
  readonly choices: Choice[] = [];
  template = $state.raw<Template>() as Template;
  /** Nothing for a lambda without an event. */
  eventId = $state<string>();
  skills = $state('');
  rules = $state('');
  name = $state('');
  description = $state('');

  readonly event = $derived(this.#event());
  readonly hosts = $derived(hostsIn(this.template));
  readonly ruleList = $derived(rulesIn(this.rules));
  readonly ruleError = $derived(this.ruleList.map(ruleProblem).find(Boolean));
  readonly nameError = $derived(nameProblem(this.name, this.taken));
  readonly descriptionError = $derived(descriptionProblem(this.description));

  constructor(offers: Offers, wanted: string | null) {
    this.offers = offers;
    this.taken = offers.lambdas.map(({ name }) => name);
    this.choices = choices(offers.events, offers.lambdas);
    const template =
      offers.templates.find(({ id }) => id === (wanted ?? 'greeting')) ?? offers.templates[0];
    if (template) this.choose(template);
  }

  /** Begins with a template: its event where that is free, a name after it. */
  choose(template: Template): void {
    this.template = template;
    const choice = this.choices.find(({ event }) => event.eventId === template.eventId);
    this.eventId = choice && choice.blocked === undefined ? choice.event.eventId : undefined;
    this.name = proposedName(template.id, this.taken);
    this.description = template.description;
  }

  /** Why this step cannot be left for the next one. */
  blocked(step: Step): string | undefined {
    if (step === 'whitelist') return this.ruleError;
    if (step === 'name') return this.nameError ?? this.descriptionError;
    return undefined;
  }

  /** Makes the lambda; answers it, and what could not be done besides. */
  async create(): Promise<{ lambda: Lambda; missed: string | undefined }> {
    const { code, environmentVariables, samplePayload } = this.template;
    const body = {
      name: this.name,
      version: -1,
      description: this.description,
      eventId: this.eventId ?? null,
      skills: this.event?.skills ? rulesIn(this.skills) : [],
      implementation: { code, environmentVariables },
    };
    const lambda = await ok(api().POST('/lambdas', { body }));
    // The template knows better than the event what it is to be tried with.
    const text = inputText(samplePayload);
    if (text !== inputText(this.event?.samplePayload)) {
      keepInput(session.account, lambda.uuid, text);
    }
    return { lambda, missed: await this.#allow() };
  }

  async #allow(): Promise<string | undefined> {
    try {
      for (const rule of this.ruleList) {
        await ok(api().PUT('/whitelist/{rule}', { params: { path: { rule } } }));
      }
      return undefined;
    } catch (thrown) {
      return problemFrom(thrown).message;
    }
  }

  #event(): EventInfo | undefined {
    return this.offers.events.find(({ eventId }) => eventId === this.eventId);
  }
}
