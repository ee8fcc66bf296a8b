// How does a lambda settle?
//
// Evaluated after everything else, on memory without holes: what every invocation runs through lies
// side by side, on as few pages as possible, since each page that an invocation writes to (a call
// counts a reference to its function) is one that the host must put back. `prelude` is what
// `prelude.js` returned; `host` the natives that settle an invocation, made here too.
(function (host, prelude) {
  'use strict';

  let lambda;
  // Whether the lambda settles by its callback alone; otherwise by what it returns as well.
  let takesCallback;
  let settled = false;
  // Whether `process.nextTick` was called. To read this writes to no page.
  let hasTicks = false;

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

  function succeed(result) {
    callback(null, result);
  }

  function failOnce(error) {
    if (!settled) fail(error);
  }

  // `promise` is that of a rejection, which may have been handled late.
  function uncaught(error, promise, isLate) {
    try {
      if (prelude.isTaken(error, promise, isLate)) return;
    } catch (thrown) {
      error = thrown;
    }
    failOnce(error);
  }
  host.onUncaught(uncaught);
  prelude.onUncaught(uncaught);
  prelude.onTick(() => { hasTicks = true; });

  return {
    samples,

    // After the source was evaluated: whether there is a lambda to call. `exports` is the namespace
    // of a module, `declared` what its declaration says about a callback, as far as it says it.
    resolve(exports, declared) {
      const found = [
        exports?.default, exports?.lambda,
        evaluate("typeof lambda === 'function' ? lambda : undefined"),
        prelude.exported(), prelude.exported()?.lambda, prelude.exported()?.default,
      ];
      lambda = found.find((candidate) => typeof candidate === 'function');
      takesCallback = declared ?? lambda?.length >= 2;
      return lambda !== undefined;
    },

    invoke(input) {
      try {
        const returned = lambda(input, callback);
        const then = returned?.then;
        if (typeof then === 'function') {
          then.call(returned, takesCallback ? undefined : succeed, failOnce);
        } else if (!takesCallback && returned !== undefined) {
          succeed(returned);
        }
      } catch (error) {
        failOnce(error);
      }
      if (hasTicks) prelude.runTicks();
    },
  };
})
