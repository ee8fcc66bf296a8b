// Which pages does the router have, and which pictures show them? Read from the folders of the pages, where
// both are said.

import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { fit } from '../src/router/match';
import type { Shot } from './shots';

const PAGES = join(import.meta.dirname, '../src/pages');

/** Folders that have a page. */
export function folders(): string[] {
  return readdirSync(PAGES).sort();
}

/** The paths of a folder's `route.ts`, whose other imports only the bundler understands. */
export function pathsOf(folder: string): string[] {
  const text = readFileSync(join(PAGES, folder, 'route.ts'), 'utf8');
  return [...text.matchAll(/^\s*path: '([^']+)'/gm)].map(([, path = '']) => path);
}

/** What is pictured of a folder; nothing where it says nothing. */
export async function shotsOf(folder: string): Promise<Shot[]> {
  try {
    const url = pathToFileURL(join(PAGES, folder, 'shots.ts')).href;
    return ((await import(url)) as { default: Shot[] }).default;
  } catch (error) {
    if ((error as { code?: string }).code?.startsWith('ERR_MODULE_NOT_FOUND')) return [];
    if ((error as { code?: string }).code === 'MODULE_NOT_FOUND') return [];
    throw error;
  }
}

/** All pictures. */
export async function shots(): Promise<Shot[]> {
  return (await Promise.all(folders().map(shotsOf))).flat();
}

/** Whether a picture is of a page. */
export function shows(shot: Shot, path: string): boolean {
  return fit(path, new URL(shot.path, 'http://console').pathname) !== undefined;
}
