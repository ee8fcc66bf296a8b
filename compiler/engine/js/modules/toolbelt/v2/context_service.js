// What `Toolbelt.ContextServiceClient()` returns in the second generation: the domain API says where
// the service is, and its errors are spelled right.
import { ContextServiceClient } from 'sandglass:toolbelt/context_service';
import { accountId, urlOf } from 'sandglass:toolbelt/domain_api';

const WORDING = {
  unknownCode: 'com.liveperson.context-service-sdk.unknown',
  unknown: (cause) => `Unknown Error ${cause} occurred`,
  notFound: 'Requested Resource does not exist',
  internal: 'Internal Server Error occurred during processing request',
};

function findBase() {
  const { SANDGLASS_CONTEXT_SERVICE_URL: url } = globalThis.process.env;
  return url ? url.replace(/\/+$/, '') : urlOf('mavenContext');
}

export function contextServiceClient(apiKey) {
  if (!apiKey) throw new Error('No valid API-key was provided');
  return new ContextServiceClient({ account: accountId(), apiKey, findBase, wording: WORDING });
}
