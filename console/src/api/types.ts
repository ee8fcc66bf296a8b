// What are the things of the API called here? Short names for the schemas of the OpenAPI document.

import type { components } from './schema';

type Schemas = components['schemas'];

export type LambdaInfo = Schemas['LambdaInfo'];
export type Lambda = Schemas['LambdaResponse'];
export type Bundle = Schemas['Bundle'];
export type LambdaState = Schemas['LambdaState'];
export type DeploymentState = Schemas['DeploymentState'];
export type DeploymentFailure = Schemas['DeploymentFailure'];
