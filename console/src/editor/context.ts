// What does the editor know of the lambda that is written in it? What completion offers beyond the types.

import type { components } from '$/api/schema';

export type Snippet = components['schemas']['Snippet'];
export type Sample = components['schemas']['Sample'];

export interface CodeContext {
  /** Packages and their versions. */
  packages: Readonly<Record<string, string>>;
  snippets: readonly Snippet[];
  /** What the lambda's event sends. */
  sample: Sample | undefined;
  /** Names of environment variables. */
  variables: readonly string[];
  /** Keys of secrets. */
  secrets: readonly string[];
}

export const NO_CONTEXT: CodeContext = {
  packages: {},
  snippets: [],
  sample: undefined,
  variables: [],
  secrets: [],
};

/** The toolbelts, which every lambda has. */
export const TOOLBELTS: readonly string[] = ['lp-faas-toolbelt', 'core-functions-toolbelt'];

/** The modules of Node.js that lambdas find: docs/javascript.md. */
export const NODE_MODULES: readonly string[] = ENGINE_MODULES;

/** What the platform adds to every environment. */
export const PLATFORM_VARIABLES: readonly string[] = ['BRAND_ID', 'LAMBDA_UUID'];
