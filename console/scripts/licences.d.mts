import type { Plugin } from 'vite';

/** Collect the packages in a build, and write their notices to licenses.txt. */
export function licences(): { app: Plugin[]; worker: Plugin[] };
