// The token with which a lambda calls services of the second generation: OAuth 2, by client credentials.
import { accountId, join } from 'sandglass:toolbelt/domain_api';
import { ErrorCodes } from 'sandglass:toolbelt/error_codes';
import { readAnswer, unexpected } from 'sandglass:toolbelt/v2/answer';
import { findUrl } from 'sandglass:toolbelt/v2/csds_client';
import { ToolBeltError, withCause } from 'sandglass:toolbelt/v2/error';

const COMPONENT = 'Oauth2Client';
const AUTHORIZATION_SERVER = 'sentinel';

function isToken(answer) {
  return typeof answer?.access_token === 'string' && typeof answer.token_type === 'string';
}

function request(url, { client_id, client_secret }) {
  const body = new URLSearchParams({ client_id, client_secret, grant_type: 'client_credentials' }).toString();
  const headers = { 'Content-Type': 'application/x-www-form-urlencoded' };
  return fetch(url, { method: 'POST', headers, body });
}

// The value of an `Authorization` header.
export async function accessToken(credentials) {
  try {
    const path = `/sentinel/api/v2/account/${accountId()}/app/token?v=2.0`;
    const response = await request(join(await findUrl(AUTHORIZATION_SERVER), path), credentials);
    const { text, value } = await readAnswer(response);
    if (isToken(value)) return `${value.token_type} ${value.access_token}`;
    throw new ToolBeltError(COMPONENT, ErrorCodes.OAuth2.UnexpectedResponse,
      `AuthServer unexpected response: ${unexpected(text, response)}`);
  } catch (error) {
    if (error instanceof ToolBeltError) throw error;
    const reason = withCause(error, ({ message }) => message);
    throw new ToolBeltError(COMPONENT, ErrorCodes.OAuth2.General,
      `Obtaining OAuth2 Access Token from ${AUTHORIZATION_SERVER} failed due to: ${reason}`);
  }
}
