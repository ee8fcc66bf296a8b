// Checks the HMAC signature of a webhook, in constant time.
const crypto = require('crypto');

async function lambda(input, callback) {
  const { Toolbelt } = require('lp-faas-toolbelt');
  const secretClient = Toolbelt.SecretClient();

  try {
    const { body, signature } = input.payload;
    const { value: key } = await secretClient.readSecret('webhookKey');
    const expected = crypto.createHmac('sha256', key).update(body).digest();
    const given = Buffer.from(signature, 'hex');
    const valid = given.length === expected.length && crypto.timingSafeEqual(given, expected);
    callback(null, { valid, order: valid ? JSON.parse(body).order : null });
  } catch (error) {
    callback(error, null);
  }
}
