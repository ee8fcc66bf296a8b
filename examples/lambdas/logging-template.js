// After the platform's "Logging Template".
function lambda(input, callback) {
  const started = new Date(input.timestamp);

  console.debug('Debug entries are shown in test runs and never stored');
  console.info('Function has started at', started, started.getTime());
  console.warn('Everything after the message becomes extras', { payload: input.payload });
  console.error('Errors stand out', { attempts: 3 });

  callback(null, 'Function has finished...');
}
