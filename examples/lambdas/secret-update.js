// Reads a secret, which may be any JSON value, and writes back a changed one.
async function lambda(input, callback) {
  const { Toolbelt } = require('lp-faas-toolbelt');
  const secretClient = Toolbelt.SecretClient();

  try {
    const session = await secretClient.readSecret('session');
    session.value = { ...session.value, uses: session.value.uses + 1 };
    const updated = await secretClient.updateSecret(session);
    callback(null, `${updated.key} was used ${updated.value.uses} times`);
  } catch (error) {
    callback(error, null);
  }
}
