function lambda(input, callback) {
  for (let call = 0; call < input.payload.count; call += 1) {
    console.info('a line of the kind that lambdas write', { call });
  }
  callback(null, input.payload.count);
}
