// What `Toolbelt.LpClient()` returns in the second generation: `fetch` for LivePerson's services, which
// are found by name and called with an access token.
import { located } from 'sandglass:toolbelt/call_site';
import { join } from 'sandglass:toolbelt/domain_api';
import { ErrorCodes } from 'sandglass:toolbelt/error_codes';
import { accessToken } from 'sandglass:toolbelt/v2/access_token';
import { findUrl } from 'sandglass:toolbelt/v2/csds_client';
import { ToolBeltError } from 'sandglass:toolbelt/v2/error';
import { secretClient } from 'sandglass:toolbelt/v2/secret_client';

export const DEFAULT_APP_KEY = 'LIVEPERSON_DEFAULT_APP_KEY';
const OWN_ERRORS = { component: 'LpClient', codes: ErrorCodes.LpClient.Creds };

// The credentials are an object, or its JSON as text.
export async function readAppKey(name, reading, { component, codes } = OWN_ERRORS) {
  const { value } = await secretClient().readSecret(name, reading);
  const credentials = typeof value === 'string' ? parse(value, { component, codes }) : value;
  const { client_id, client_secret } = credentials ?? {};
  if (typeof client_id === 'string' && typeof client_secret === 'string') return credentials;
  throw new ToolBeltError(component, codes.Format, 'Credentials have Invalid Format');
}

function parse(text, { component, codes }) {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new ToolBeltError(component, codes.Failure,
      `Could not fetch App Key credentials from secret storage: ${error.message}`);
  }
}

export function lpClient() {
  let token;

  async function authorize(appKey, reading) {
    token = await accessToken(await readAppKey(appKey, reading));
  }

  function send(url, options) {
    const headers = new Headers(options.headers);
    headers.set('authorization', token);
    return fetch(url, { ...options, headers });
  }

  async function call(service, path, { appKeySecretName: appKey = DEFAULT_APP_KEY, ...options }) {
    const url = join(await findUrl(service), path);
    if (token === undefined) await authorize(appKey, { useCache: true });
    const response = await send(url, options);
    if (response.status !== 401) return response;
    // The token may have expired, or its key been changed.
    await authorize(appKey, { useCache: false });
    return send(url, options);
  }

  return (service, path, options = {}) => located(() => call(service, path, options));
}
