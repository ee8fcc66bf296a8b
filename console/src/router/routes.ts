// Which pages are there? Each folder of `pages` says so itself, in its `route.ts`.

import type { Component } from 'svelte';

import type { Action } from '$/auth/permissions';

/** A place of the rail. */
export type Place = 'home' | 'lambdas' | 'logs' | 'schedules' | 'settings';

/** A page, and the path that names it. */
export interface Route {
  /** Below `/console`, with `:named` segments. */
  path: string;
  /** Its name in the window's title, until the page says a better one. */
  title: string;
  place: Place;
  /** The leave without which there is nothing to see. */
  needs?: Action;
  /** Whether it is in the command palette; a path with named segments never is. */
  palette?: boolean;
  load: () => Promise<{ default: Component }>;
}

const modules = import.meta.glob<{ default: Route | Route[] }>('../pages/*/route.ts', {
  eager: true,
});

export const ROUTES: readonly Route[] = Object.values(modules).flatMap((module) => module.default);
