function lambda(input, callback) {
  console.info('Saying hello', { to: input.payload.name });
  callback(null, `Hello ${input.payload.name}`);
}
