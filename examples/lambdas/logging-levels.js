// User guide, "Invoking and logging Function behavior": console.<log-level>(<message> [, extras]).
// The guide shows the pattern only; here it is once for each level.
function lambda(input, callback) {
  console.debug('a message for test runs');
  console.info('a message', { with: 'extras' });
  console.warn('a message', 'with', ['several', 'extras'], 3);
  console.error('a message with an error', new Error('the cause').message);
  callback(null, 'logged');
}
