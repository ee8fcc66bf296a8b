// Does the authorization code grant work by `simple-oauth2`?
//
// Prints where its user has to go, reads where that led, and prints the tokens.

'use strict';

const { createInterface } = require('node:readline/promises');
const { AuthorizationCode, ClientCredentials } = require('simple-oauth2');

const { account, app, machine, redirect } = JSON.parse(process.argv[2]);
const tokenHost = 'https://va.sentinel.liveperson.net';
const base = `/sentinel/api/account/${account}`;

/** The App JWT of an app that acts in its own name. */
async function appToken() {
  const auth = { tokenHost, tokenPath: `${base}/app/token?v=2.0` };
  const options = { authorizationMethod: 'body' };
  const { token } = await new ClientCredentials({ client: machine, auth, options }).getToken({});
  return token;
}

(async () => {
  const auth = {
    tokenHost,
    tokenPath: `${base}/token?v=2.0`,
    authorizePath: `${base}/authorize?v=1.0`,
    revokePath: `${base}/token/revoke?v=1.0`,
  };
  const client = new AuthorizationCode({ client: app, auth });
  console.log(client.authorizeURL({ redirect_uri: redirect, state: 'the state' }));
  const input = createInterface({ input: process.stdin });
  const line = await new Promise((resolve) => input.once('line', resolve));
  input.close();
  const back = new URL(line).searchParams;
  const first = await client.getToken({ code: back.get('code'), redirect_uri: redirect });
  const second = await first.refresh();
  const ended = await client.getToken({ code: back.get('code'), redirect_uri: redirect }).catch((error) => error);
  const report = {
    state: back.get('state'),
    first: first.token,
    expired: first.expired(),
    second: second.token,
    twice: ended.data?.payload?.error,
    app: await appToken(),
  };
  console.log(JSON.stringify(report));
})();
