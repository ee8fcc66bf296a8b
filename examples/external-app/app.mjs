// A web app outside of the platform: its users log in by OAuth 2, and then invoke a lambda by a button.
//
// The platform's user guide, chapter "External Invocation". PKCE and `state` are checked; tokens stay
// on this side, the browser has a session cookie only; they are refreshed every half an hour.

import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import * as oauth from 'openid-client';

import { page } from './page.mjs';

const { SERVER = 'http://127.0.0.1:8080', ACCOUNT = '10000001', LAMBDA, CLIENT_ID, CLIENT_SECRET } = process.env;
const PORT = Number(process.env.PORT ?? 3000);
const REFRESH_AFTER_SECONDS = Number(process.env.REFRESH_AFTER_SECONDS ?? 1800);
const CALLBACK = `http://localhost:${PORT}/callback`;
const BODY_BYTES_MAX = 10_000;
const SESSIONS_MAX = 1000;

/** By the id in the cookie: what a login waits for, or what it led to. */
const sessions = new Map();

/** Where a service of the account is, by the domain API. */
async function locate(service) {
  const response = await fetch(`${SERVER}/api/account/${ACCOUNT}/service/${service}/baseURI.json?version=1.0`);
  if (!response.ok) throw new Error(`the domain API answers ${response.status}`);
  const { baseURI } = await response.json();
  return baseURI.includes('://') ? baseURI : `https://${baseURI}`;
}

const gateway = await locate('faasGW');
const issuer = new URL(`${await locate('sentinel')}/sentinel/api/account/${ACCOUNT}`);
const isLocal = ['127.0.0.1', 'localhost'].includes(issuer.hostname);
const config = await oauth.discovery(issuer, CLIENT_ID, CLIENT_SECRET, undefined, {
  // Plain HTTP is for servers on this machine.
  execute: isLocal ? [oauth.allowInsecureRequests] : [],
});

/** Remembers what the tokens of a login are good for. */
function login({ access_token: token, refresh_token: refresh }, userId) {
  return { token, refresh, userId, since: Date.now() };
}

/** Sends the user to the authorization server. */
async function signIn(request, response) {
  const [id, verifier, state] = [randomUUID(), oauth.randomPKCECodeVerifier(), oauth.randomState()];
  if (sessions.size >= SESSIONS_MAX) sessions.delete(sessions.keys().next().value);
  sessions.set(id, { pending: { pkceCodeVerifier: verifier, expectedState: state, idTokenExpected: true } });
  const location = oauth.buildAuthorizationUrl(config, {
    redirect_uri: CALLBACK,
    scope: 'openid faas.lambda.invoke',
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    state,
  });
  redirect(response, location.href, `session=${id}; HttpOnly; SameSite=Lax; Path=/`);
}

/** The user is back: changes the code for tokens, once, in a session of its own. */
async function callback(request, response, session, id) {
  sessions.delete(id);
  if (!session?.pending) return show(response, 400, { error: 'This login was not begun here. Sign in again.' });
  try {
    const tokens = await oauth.authorizationCodeGrant(config, new URL(request.url, CALLBACK), session.pending);
    const fresh = randomUUID();
    sessions.set(fresh, login(tokens, tokens.claims().sub));
    redirect(response, '/', `session=${fresh}; HttpOnly; SameSite=Lax; Path=/`);
  } catch (error) {
    show(response, 400, { error: `The login failed: ${error.error_description ?? error.message}` });
  }
}

/** Refreshes the tokens of a session when they are due. */
async function refreshed(session) {
  if (Date.now() - session.since < REFRESH_AFTER_SECONDS * 1000) return session;
  const tokens = await oauth.refreshTokenGrant(config, session.refresh);
  return Object.assign(session, login(tokens, session.userId));
}

async function invoke(request, response, session, id) {
  if (!session?.token) return show(response, 401, { error: 'Sign in first.' });
  const name = new URLSearchParams(await read(request)).get('name') ?? '';
  try {
    const { token, userId } = await refreshed(session);
    const query = new URLSearchParams({ v: '1', userId, externalSystem: 'external-app' });
    const url = `${gateway}/api/account/${ACCOUNT}/lambdas/${LAMBDA}/invoke?${query}`;
    const answer = await fetch(url, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ timestamp: Date.now(), headers: [], payload: { name } }),
    });
    const text = await answer.text();
    if (answer.status === 401) sessions.delete(id);
    if (answer.ok) return show(response, 200, { user: userId, result: text });
    const { errorCode, errorMsg } = JSON.parse(text);
    show(response, 502, { user: userId, error: `${answer.status} ${errorCode}: ${errorMsg}` });
  } catch (error) {
    sessions.delete(id);
    show(response, 502, { error: `Sign in again: ${error.error_description ?? error.message}` });
  }
}

/** Ends the session, here and there. */
async function signOut(request, response, session, id) {
  sessions.delete(id);
  if (session?.refresh) await oauth.tokenRevocation(config, session.refresh).catch(() => undefined);
  redirect(response, '/', 'session=; Max-Age=0; Path=/');
}

async function read(request) {
  let text = '';
  for await (const part of request.setEncoding('utf8')) {
    text += part;
    if (text.length > BODY_BYTES_MAX) throw new Error('the form is too long');
  }
  return text;
}

function redirect(response, location, cookie) {
  response.writeHead(303, { location, 'set-cookie': cookie, 'cache-control': 'no-store' }).end();
}

function show(response, status, what) {
  const headers = {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'",
    'cache-control': 'no-store',
  };
  response.writeHead(status, headers).end(page(what));
}

const routes = {
  'GET /': (request, response, session) => show(response, 200, { user: session?.userId }),
  'GET /login': signIn,
  'GET /callback': callback,
  'POST /invoke': invoke,
  'POST /logout': signOut,
};

createServer(async (request, response) => {
  const { pathname } = new URL(request.url, CALLBACK);
  const id = /(?:^|; )session=([^;]+)/.exec(request.headers.cookie ?? '')?.[1];
  const route = routes[`${request.method} ${pathname}`];
  if (!route) return show(response, 404, { error: 'There is nothing here.' });
  try {
    await route(request, response, sessions.get(id), id);
  } catch (error) {
    console.error(error);
    if (!response.headersSent) show(response, 500, { error: 'The app failed.' });
  }
}).listen(PORT, 'localhost', () => console.log(`http://localhost:${PORT}`));
