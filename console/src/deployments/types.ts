// What is a deployment made of? Short names for the schemas of the API.

import type { components } from '$/api/schema';

type Schemas = components['schemas'];

export type DeploymentState = Schemas['DeploymentState'];

/** A step that a deployment has reached. */
export interface Step {
  state: DeploymentState;
  /** Milliseconds since the Unix epoch. */
  at: number;
}

export type Deployment = Schemas['DeploymentInfo'] & { steps?: readonly Step[] };
export type Version = Schemas['VersionInfo'] & { canRollBack?: boolean };
export type VersionDetail = Schemas['VersionDetail'];
