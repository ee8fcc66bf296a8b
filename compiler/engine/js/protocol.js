// How does a lambda settle?
//
// Evaluated after everything else, on memory without holes: what every invocation runs through lies
// side by side, on as few pages as possible, since each page that an invocation writes to (a call
// counts a reference to its function) is one that the host must put back. `prelude` is what
// `prelude.js` returned; `host` the natives that settle an invocation, made here too.
(function (host, prelude) {
  'use strict';

  let lambda;
  let settled = false;

  // An object of each shape that every invocation makes, each property added to the one before. As
  // long as these live, so do the names and the shapes, and no invocation makes them anew.
  const samples = [
    '{"timestamp":0}',
    '{"timestamp":0,"headers":[]}',
    '{"timestamp":0,"headers":[{"key":""}],"payload":{}}',
    '{"timestamp":0,"headers":[{"key":"","value":""}],"payload":{}}',
    '{"":""}',
  ].map((text) => JSON.parse(text));
  JSON.stringify(samples);

  const evaluate = eval;

  function fail(error) {
    settled = true;
    const { crash, name, message, stack } = prelude.describe(error);
    host.fail(crash, name, message, stack);
  }

  function callback(error, result) {
    if (settled) return;
    if (error !== null && error !== undefined) {
      fail(error);
      return;
    }
    try {
      host.succeed(result);
      settled = true;
    } catch (thrown) {
      // The result is not JSON, for instance since it contains itself.
      fail(thrown);
    }
  }

  function uncaught(error) {
    if (!settled) fail(error);
  }
  host.onUncaught(uncaught);
  prelude.onUncaught(uncaught);

  return {
    samples,

    // After the source was evaluated: whether there is a lambda to call.
    resolve() {
      const find = evaluate("typeof lambda === 'function' ? lambda : undefined");
      const exported = prelude.exported();
      lambda = find ?? (typeof exported === 'function' ? exported : exported?.lambda);
      return typeof lambda === 'function';
    },

    invoke(input) {
      try {
        const returned = lambda(input, callback);
        if (typeof returned !== 'object' || returned === null) return;
        const { then } = returned;
        if (typeof then === 'function') then.call(returned, undefined, uncaught);
      } catch (error) {
        uncaught(error);
      }
    },
  };
})
