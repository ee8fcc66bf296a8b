// Does the authorization code grant work by `openid-client`, which checks all that can be checked?
//
// Discovers the server, prints where its user has to go, reads where that led, and prints what came
// of it.

'use strict';

const { createInterface } = require('node:readline/promises');
const oidc = require('openid-client');

const { account, app, redirect } = JSON.parse(process.argv[2]);
const issuer = new URL(`https://va.sentinel.liveperson.net/sentinel/api/account/${account}`);

(async () => {
  // A public client has no secret; both kinds of discovery have to lead to the same document.
  const auth = app.secret ? undefined : oidc.None();
  const config = await oidc.discovery(issuer, app.id, app.secret || undefined, auth);
  const oauth = await oidc.discovery(issuer, app.id, app.secret || undefined, auth, { algorithm: 'oauth2' });
  const verifier = oidc.randomPKCECodeVerifier();
  const [state, nonce] = [oidc.randomState(), oidc.randomNonce()];
  const parameters = {
    redirect_uri: redirect,
    scope: 'openid faas.lambda.invoke',
    code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    state,
    nonce,
  };
  console.log(oidc.buildAuthorizationUrl(config, parameters).href);
  const input = createInterface({ input: process.stdin });
  const line = await new Promise((resolve) => input.once('line', resolve));
  input.close();
  const checks = { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce };
  const tokens = await oidc.authorizationCodeGrant(config, new URL(line), checks);
  const next = await oidc.refreshTokenGrant(config, tokens.refresh_token);
  const active = async ({ access_token: token }) =>
    app.secret ? (await oidc.tokenIntrospection(config, token)).active : undefined;
  const before = await active(next);
  await oidc.tokenRevocation(config, next.refresh_token);
  const report = {
    issuer: config.serverMetadata().issuer,
    same: JSON.stringify(config.serverMetadata()) === JSON.stringify(oauth.serverMetadata()),
    subject: tokens.claims().sub,
    expiresIn: tokens.expiresIn(),
    token: tokens.access_token,
    next: next.access_token,
    active: [before, await active(next)],
    ended: await oidc.refreshTokenGrant(config, next.refresh_token).catch((error) => error.error),
  };
  console.log(JSON.stringify(report));
})();
