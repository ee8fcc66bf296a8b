// What is a deployment made of? Short names for the schemas of the API.

import type { components } from '$/api/schema';

type Schemas = components['schemas'];

export type DeploymentState = Schemas['DeploymentState'];

export type Deployment = Schemas['DeploymentInfo'];
/** How far one is; steps that have no times are shown without. */
export type Progress = Pick<Deployment, 'deploymentState'> & Partial<Pick<Deployment, 'steps'>>;
export type Version = Schemas['VersionInfo'];
export type VersionDetail = Schemas['VersionDetail'];
