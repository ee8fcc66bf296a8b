// bluebird, async: promises with more methods.
const Promise = require('bluebird');

exports.lambda = async () => ({
  'maps within a limit': [await Promise.map([1, 2, 3], (n) => Promise.delay(1).return(n * 2), { concurrency: 2 }), [2, 4, 6]],
  'times out': [await Promise.delay(1000).timeout(1, 'late').catch(Promise.TimeoutError, (error) => error.message), 'late'],
  'promisifies': [await Promise.promisify((a, callback) => callback(null, a + 1))(1), 2],
  'reduces': [await Promise.reduce([1, 2, 3], (sum, n) => sum + n, 0), 6],
  'props': [await Promise.props({ a: Promise.resolve(1), b: 2 }), { a: 1, b: 2 }],
  'coroutines': [await Promise.coroutine(function* () { return (yield Promise.resolve(20)) + 1; })(), 21],
});
