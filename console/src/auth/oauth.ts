// How does somebody sign in? By the authorization code grant with PKCE at our own server (RFC 6749, 7636,
// 9207), as the client that every account knows. This file speaks OAuth and keeps nothing.

import * as oauth from 'oauth4webapi';

import { Problem, problemFrom } from '$/api/problem';

const CLIENT: oauth.Client = { client_id: 'sandglass-console' };
const AUTHENTICATION = oauth.None();
/** `openid` makes the issuer of the id_token the one of the metadata. */
const SCOPE = 'openid faas.console';
/** What a token may do that is given away (RFC 8693). */
const NARROW_SCOPE = 'faas.lambda.invoke';
const EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange';
const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token';

/** What an attempt to sign in has to remember until the browser comes back. */
export interface Attempt {
  account: string;
  verifier: string;
  state: string;
  /** The page that was wanted. */
  then: string;
}

/** What opens the API. */
export interface Tokens {
  access: string;
  refresh: string | undefined;
  /** Milliseconds since the Unix epoch. */
  expiresAt: number;
}

/** Where the browser comes back to. */
export function redirectUri(): string {
  return `${location.origin}/console/callback`;
}

/** Begins an attempt: what to remember, and where to go. */
export async function begin(account: string, then: string): Promise<[Attempt, URL]> {
  if (!isSecureContext) {
    const why = 'Browsers allow signing in over https only, or on this very machine (127.0.0.1).';
    throw new Problem(0, why);
  }
  const server = await discover(account);
  const verifier = oauth.generateRandomCodeVerifier();
  const attempt = { account, verifier, state: oauth.generateRandomState(), then };
  const url = new URL(endpoint(server, 'authorization_endpoint'));
  url.search = new URLSearchParams({
    client_id: CLIENT.client_id,
    redirect_uri: redirectUri(),
    response_type: 'code',
    scope: SCOPE,
    state: attempt.state,
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
  }).toString();
  return [attempt, url];
}

/** Ends an attempt, with the address that the browser came back to. */
export async function finish(attempt: Attempt, address: URL): Promise<Tokens> {
  const server = await discover(attempt.account);
  try {
    const answer = oauth.validateAuthResponse(server, CLIENT, address, attempt.state);
    const response = await oauth.authorizationCodeGrantRequest(
      server,
      CLIENT,
      AUTHENTICATION,
      answer,
      redirectUri(),
      attempt.verifier,
      insecureAllowed(),
    );
    return tokens(await oauth.processAuthorizationCodeResponse(server, CLIENT, response));
  } catch (thrown) {
    throw explained(thrown);
  }
}

/** Changes a refresh token, which is good once, for new tokens. */
export async function refresh(account: string, token: string): Promise<Tokens> {
  const server = await discover(account);
  try {
    const response = await oauth.refreshTokenGrantRequest(
      server,
      CLIENT,
      AUTHENTICATION,
      token,
      insecureAllowed(),
    );
    return tokens(await oauth.processRefreshTokenResponse(server, CLIENT, response));
  } catch (thrown) {
    throw explained(thrown);
  }
}

/** Changes an access token for one that only invokes; the first stays what it is. */
export async function narrow(account: string, token: string): Promise<string> {
  const server = await discover(account);
  try {
    const response = await oauth.genericTokenEndpointRequest(
      server,
      CLIENT,
      AUTHENTICATION,
      EXCHANGE,
      { subject_token: token, subject_token_type: ACCESS_TOKEN, scope: NARROW_SCOPE },
      insecureAllowed(),
    );
    const answer = await oauth.processGenericTokenEndpointResponse(server, CLIENT, response);
    return answer.access_token;
  } catch (thrown) {
    throw explained(thrown);
  }
}

/** Ends the session that a token is of. */
export async function revoke(account: string, token: string): Promise<void> {
  const server = await discover(account);
  try {
    const options = insecureAllowed();
    const asked = oauth.revocationRequest(server, CLIENT, AUTHENTICATION, token, options);
    await oauth.processRevocationResponse(await asked);
  } catch (thrown) {
    throw explained(thrown);
  }
}

/** The authorization server of an account (RFC 8414). */
async function discover(account: string): Promise<oauth.AuthorizationServer> {
  const path = `/.well-known/oauth-authorization-server/sentinel/api/account/`;
  const answer = await fetch(path + encodeURIComponent(account)).catch((thrown: unknown) => {
    throw problemFrom(thrown);
  });
  if (answer.status === 404 || answer.status === 400) {
    throw new Problem(answer.status, `There is no account ${account} on this server.`);
  }
  if (!answer.ok) throw new Problem(answer.status, `The server answered with ${answer.status}.`);
  return ownOrigin((await answer.json()) as oauth.AuthorizationServer);
}

/**
 * The document names the server's public address; whoever came by another one, such as `localhost`, stays
 * there. It is the same server: the document and this page are of one origin.
 */
function ownOrigin(server: oauth.AuthorizationServer): oauth.AuthorizationServer {
  const own = (url: string | undefined) =>
    url === undefined ? undefined : location.origin + new URL(url).pathname;
  return {
    ...server,
    authorization_endpoint: own(server.authorization_endpoint),
    token_endpoint: own(server.token_endpoint),
    revocation_endpoint: own(server.revocation_endpoint),
  };
}

function endpoint(server: oauth.AuthorizationServer, name: 'authorization_endpoint'): string {
  const url = server[name];
  if (url === undefined) throw new Problem(0, `The server does not say its ${name}.`);
  return url;
}

/** On the user's own machine there is no TLS to insist on. */
function insecureAllowed(): { [oauth.allowInsecureRequests]?: boolean } {
  return { [oauth.allowInsecureRequests]: location.protocol === 'http:' };
}

function tokens(answer: oauth.TokenEndpointResponse): Tokens {
  const seconds = answer.expires_in ?? 3_600;
  return {
    access: answer.access_token,
    refresh: answer.refresh_token,
    expiresAt: Date.now() + seconds * 1_000,
  };
}

function explained(thrown: unknown): Problem {
  if (thrown instanceof oauth.AuthorizationResponseError) {
    const denied = thrown.error === 'access_denied';
    const words = denied ? 'Signing in was refused.' : (thrown.error_description ?? thrown.error);
    return new Problem(0, words, thrown.error);
  }
  if (thrown instanceof oauth.ResponseBodyError) {
    return new Problem(thrown.status, thrown.error_description ?? thrown.error, thrown.error);
  }
  return problemFrom(thrown);
}
