function lambda(input, callback) {
  callback(null, { message: `Hello ${input.payload.name}` });
}
