const { Toolbelt } = require('lp-faas-toolbelt');

const secrets = Toolbelt.SecretClient();

async function lambda(input, callback) {
  for (let call = 0; call < input.payload.count; call += 1) {
    await secrets.readSecret('TOKEN');
  }
  callback(null, input.payload.count);
}
