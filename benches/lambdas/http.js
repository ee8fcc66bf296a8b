const { Toolbelt } = require('lp-faas-toolbelt');

const http = Toolbelt.HTTPClient();

async function lambda(input, callback) {
  for (let call = 0; call < input.payload.count; call += 1) {
    await http(input.payload.url, { method: 'GET', json: true });
  }
  callback(null, input.payload.count);
}
