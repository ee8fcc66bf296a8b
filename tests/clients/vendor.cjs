// What comes of a list of calls to the vendor's client?

'use strict';

const { Client } = require('liveperson-functions-client');

const { config, auth, calls } = JSON.parse(process.argv[2]);
const authStrategy = auth.bearer ? async () => `Bearer ${auth.bearer}` : auth;
const client = new Client({ ...config, authStrategy });

/** The names of an error and of what caused it, outermost first. */
function names(error) {
  return error ? [error.name, ...names(error.jse_cause)] : [];
}

async function outcome([method, options]) {
  try {
    return { value: await client[method](options) };
  } catch (error) {
    return { error: error.message, names: names(error) };
  }
}

(async () => {
  const outcomes = [];
  for (const call of calls) outcomes.push(await outcome(call));
  console.log(JSON.stringify(outcomes));
})();
