// What is a run made of? Short names for the schemas of `POST /run` and `POST /lambdas/{lambda}/run`.

import type { components } from '$/api/schema';

type Schemas = components['schemas'];

export type RunReport = Schemas['RunReport'];
/** The server leaves out what it does not know. */
export type RunError = Partial<Schemas['RunError']>;
export type RunLog = Schemas['RunLog'];
export type RunRequest = Schemas['RunRequest'];
export type RunUsage = Schemas['RunUsage'];

/** Leads to a place in the code, from 1. */
export type GoTo = (line: number, column: number) => void;
