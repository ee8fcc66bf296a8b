function lambda(input, callback) {
  setTimeout(() => callback(null, 'waited'), input.payload.ms);
}
