// async, async: queues and flows over callbacks.
const async = require('async');

exports.lambda = async () => {
  let now = 0;
  let most = 0;
  const queue = async.queue(async () => {
    now += 1;
    most = Math.max(most, now);
    await new Promise((resolve) => setTimeout(resolve, 1));
    now -= 1;
  }, 2);
  queue.push([1, 2, 3, 4]);
  await queue.drain();
  return {
    'maps within a limit': [await async.mapLimit([1, 2, 3], 2, async (n) => n * n), [1, 4, 9]],
    'queues': [[now, most], [0, 2]],
    'callbacks': [await new Promise((resolve) => async.waterfall([(next) => next(null, 1), (n, next) => setImmediate(next, null, n + 1)], (error, n) => resolve(n))), 2],
    'depends': [await async.auto({ a: async () => 1, b: ['a', async ({ a }) => a + 1] }), { a: 1, b: 2 }],
    'retries': [await async.retry({ times: 3, interval: 0 }, (() => { let n = 0; return async () => { if (++n < 3) throw new Error('no'); return n; }; })()), 3],
  };
};
