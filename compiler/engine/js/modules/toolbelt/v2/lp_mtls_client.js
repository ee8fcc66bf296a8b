// What `Toolbelt.LPMtlsClient()` returns: requests that LivePerson's gateway sends on with a certificate
// that the account has given it.
import { located } from 'sandglass:toolbelt/call_site';
import { accountId, join } from 'sandglass:toolbelt/domain_api';
import { ErrorCodes } from 'sandglass:toolbelt/error_codes';
import { bodyOf, headersOf, resultOf } from 'sandglass:toolbelt/mtls_client';
import { accessToken } from 'sandglass:toolbelt/v2/access_token';
import { findUrl } from 'sandglass:toolbelt/v2/csds_client';
import { ToolBeltError, told, withCause } from 'sandglass:toolbelt/v2/error';
import { DEFAULT_APP_KEY, readAppKey } from 'sandglass:toolbelt/v2/lp_client';

const COMPONENT = 'LP-MTLS';
const GATEWAY = 'mtlsGateway';
const { BadRequest, Creds, General, Missing, Remote, Timeout } = ErrorCodes.Mtls;
const OWN_ERRORS = { component: COMPONENT, codes: Creds };

function failed(code, message) {
  return new ToolBeltError(COMPONENT, code, message);
}

function describe(cause) {
  if (cause instanceof ToolBeltError) return cause;
  return cause?.name === 'TimeoutError' ? failed(Timeout, told(cause)) : failed(General, withCause(cause));
}

// What the gateway needs to know, then what the server behind it shall get. The gateway's own
// authorization stands where the server's would.
function gatewayHeaders(url, given, { token, json }) {
  const headers = headersOf({
    'LP-forward-url': url,
    'LP-service-name': 'FAAS',
    'LP-stop-if-certificate-not-found': 'true',
    ...(json && { 'Content-Type': 'application/json' }),
  });
  for (const [name, value] of headersOf(given)) {
    headers.set(name === 'authorization' ? 'LP-authorization-override' : name, value);
  }
  headers.set('authorization', token);
  return headers;
}

// Throws where the gateway did not get to the server.
async function requireForwarded(response) {
  const message = response.headers.get('lp-message-from-transport');
  if (message !== null) throw Object.assign(failed(Remote, message), { originalBody: await response.text() });
  const challenge = response.headers.get('www-authenticate');
  if (challenge !== null) throw failed(BadRequest, `Authentication to LP MTLS failed due to ${challenge}`);
  if (response.status === 400) {
    throw failed(Missing, 'It seems like there was no MTLS Configuration setup for the given forward URL. '
      + 'Please configure MTLS Mapping.');
  }
}

class LPMtlsClient {
  #token;

  get(url, headers, body, options) { return this.#send('GET', url, { ...options, headers, body }); }

  post(url, headers, body, options) { return this.#send('POST', url, { ...options, headers, body }); }

  #send(method, url, request) {
    return located(() => this.#exchange(method, url, request), describe);
  }

  async #exchange(method, url, { headers, body, json = false, timeout }) {
    const token = await this.#authorize();
    const gateway = join(await findUrl(GATEWAY), `/mtls/account/${accountId()}`);
    const response = await fetch(gateway, {
      method,
      headers: gatewayHeaders(url, headers, { token, json }),
      body: bodyOf(body, json, failed),
      redirect: 'manual',
      signal: timeout === undefined ? null : AbortSignal.timeout(timeout),
    });
    await requireForwarded(response);
    return resultOf(response, json);
  }

  async #authorize() {
    this.#token ??= await accessToken(await readAppKey(DEFAULT_APP_KEY, { useCache: true }, OWN_ERRORS));
    return this.#token;
  }
}

export function lpMtlsClient() {
  return new LPMtlsClient();
}
