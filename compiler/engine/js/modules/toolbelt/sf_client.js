// What `Toolbelt.SFClient()` returns: connections of jsforce, whose requests take the lambda's own way
// out, through the whitelist.
import jsforce from 'jsforce';

// Of jsforce 1, which the platform's samples were written for: these take a callback as well.
const WITH_CALLBACK = ['query', 'queryMore'];

function callable(connection, method) {
  const promised = connection[method];
  return function (...args) {
    const callback = typeof args.at(-1) === 'function' ? args.pop() : undefined;
    const result = promised.apply(connection, args);
    if (callback) result.then((found) => callback(null, found), (error) => callback(error));
    return result;
  };
}

function connectToSalesforce(options) {
  const connection = new jsforce.Connection(options);
  for (const method of WITH_CALLBACK) connection[method] = callable(connection, method);
  return connection;
}

export function sfClient() {
  return { connectToSalesforce };
}
