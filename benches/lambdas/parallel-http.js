const { Toolbelt } = require('lp-faas-toolbelt');

const http = Toolbelt.HTTPClient();

async function lambda(input, callback) {
  const calls = Array.from({ length: input.payload.count }, () =>
    http(input.payload.url, { method: 'GET', json: true }));
  const answers = await Promise.all(calls);
  callback(null, answers.length);
}
