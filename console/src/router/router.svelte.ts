// Where are we? The address says it, links change it without a reload, and going back works.

import { SvelteURLSearchParams } from 'svelte/reactivity';

import { type Params, best } from './match';
import { type Route, ROUTES } from './routes';

const BASE = '/console';

/** Asked before a page is left; answers whether it may be. */
type Guard = () => boolean | Promise<boolean>;

class Router {
  /** Below `/console`, always with a slash in front. */
  path = $state(below(location.pathname));
  query = $state.raw(new URLSearchParams(location.search));
  readonly #found = $derived(best(ROUTES, this.path));
  #guard: Guard | undefined;
  #moved = false;

  get route(): Route | undefined {
    return this.#found?.route;
  }

  get params(): Params {
    return this.#found?.params ?? {};
  }

  /** A value of the path; pages ask for what their own path has. */
  param(name: string): string {
    return this.params[name] ?? '';
  }

  /** Takes over links and the history. */
  start(): void {
    addEventListener('popstate', () => this.#arrive());
    document.addEventListener('click', (event) => this.#click(event));
  }

  /** Goes to a path below `/console`. */
  async go(to: string, options: { replace?: boolean } = {}): Promise<void> {
    if (!(await this.#mayLeave())) return;
    const url = href(to);
    if (options.replace) history.replaceState(null, '', url);
    else history.pushState(null, '', url);
    this.#arrive();
  }

  /** Changes the query in place: filters that a reload or a shared link should keep. */
  search(values: Readonly<Record<string, string | undefined>>): void {
    const query = new SvelteURLSearchParams(this.query);
    for (const [name, value] of Object.entries(values)) {
      if (value === undefined || value === '') query.delete(name);
      else query.set(name, value);
    }
    const text = query.toString();
    history.replaceState(history.state, '', location.pathname + (text && `?${text}`));
    this.query = new URLSearchParams(query);
  }

  /** Whether the page came by a link and not by loading the console; true once, for the new page. */
  takeMoved(): boolean {
    const moved = this.#moved;
    this.#moved = false;
    return moved;
  }

  /** Asks before this page is left; answers how to stop asking. */
  guard(guard: Guard): () => void {
    this.#guard = guard;
    return () => {
      if (this.#guard === guard) this.#guard = undefined;
    };
  }

  async #mayLeave(): Promise<boolean> {
    return this.#guard === undefined || (await this.#guard());
  }

  #arrive(): void {
    const moved = this.path !== below(location.pathname);
    this.path = below(location.pathname);
    this.query = new URLSearchParams(location.search);
    if (moved) this.#moved = true;
  }

  #click(event: MouseEvent): void {
    const link = (event.target as Element | null)?.closest?.('a');
    const plain = event.button === 0 && !(event.ctrlKey || event.metaKey || event.shiftKey);
    if (!link || !plain || event.defaultPrevented) return;
    if (link.target !== '' || link.hasAttribute('download')) return;
    const url = new URL(link.href);
    if (url.origin !== location.origin || !isOurs(url.pathname)) return;
    event.preventDefault();
    void this.go(below(url.pathname) + url.search + url.hash);
  }
}

/** The address of a path below `/console`. */
export function href(path: string): string {
  return BASE + path;
}

function isOurs(pathname: string): boolean {
  return pathname === BASE || pathname.startsWith(`${BASE}/`);
}

function below(pathname: string): string {
  return isOurs(pathname) ? pathname.slice(BASE.length) || '/' : '/';
}

export const router = new Router();
