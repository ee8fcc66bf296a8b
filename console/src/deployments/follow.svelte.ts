// How does a deployment go? Begun here, and followed step by step as the server tells.

import { tick } from 'svelte';

import { accountUrl, api, ok } from '$/api/client';
import { events } from '$/api/events';
import { type Problem, problemFrom } from '$/api/problem';

import { isOver } from './steps';
import type { Deployment } from './types';

const AGAIN_MS = 500;
/** The longest that a state waits to be drawn: a window that nobody sees draws nothing. */
const DRAWN_MS = 50;

/** Each state is drawn before the next one is taken, also where they come at once. */
async function drawn(): Promise<void> {
  await tick();
  const frame = new Promise((resolve) => requestAnimationFrame(resolve));
  await Promise.race([frame, new Promise((resolve) => setTimeout(resolve, DRAWN_MS))]);
}

export class Following {
  deployment = $state.raw<Deployment>();
  problem = $state.raw<Problem>();
  /** Whether it is under way. */
  busy = $state(false);
  #running: AbortController | undefined;

  /** Begins to deploy what was saved last of a lambda; answers whether it is live. */
  async deploy(lambda: string): Promise<boolean> {
    this.stop();
    this.busy = true;
    this.problem = undefined;
    this.deployment = undefined;
    try {
      await ok(api().POST('/deployments/{lambda}', { params: { path: { lambda } } }));
      await this.#follow(lambda);
    } catch (thrown) {
      this.problem = problemFrom(thrown);
    } finally {
      this.busy = false;
    }
    return this.#isLive();
  }

  /** Follows a deployment that somebody began. */
  async watch(lambda: string): Promise<void> {
    this.stop();
    this.busy = true;
    try {
      await this.#follow(lambda);
    } catch (thrown) {
      this.problem = problemFrom(thrown);
    } finally {
      this.busy = false;
    }
  }

  stop(): void {
    this.#running?.abort();
    this.#running = undefined;
  }

  #isLive(): boolean {
    return this.deployment?.deploymentState === 'Deploy Finish';
  }

  /** A stream that breaks off is taken up again: it begins with the state as it is. */
  async #follow(lambda: string): Promise<void> {
    const running = new AbortController();
    this.#running = running;
    const url = `${accountUrl()}/deployments/${encodeURIComponent(lambda)}/events`;
    while (!running.signal.aborted) {
      try {
        for await (const event of events(url, running.signal)) {
          if (event.data === '') continue;
          this.deployment = JSON.parse(event.data) as Deployment;
          await drawn();
          if (isOver(this.deployment)) return;
        }
      } catch (thrown) {
        if (running.signal.aborted) return;
        const problem = problemFrom(thrown);
        if (problem.status >= 400) throw problem;
      }
      await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
    }
  }
}
