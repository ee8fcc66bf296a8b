// The jsforce that comes with Sandglass, required at the top level.
const jsforce = require('jsforce');

function lambda(input, callback) {
  const connection = typeof jsforce.Connection;
  callback(null, { message: `Hello ${input.payload.name}`, connection });
}
