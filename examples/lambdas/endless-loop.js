// Never calls back and never yields. It burns its fuel or its time and nobody else's.
function lambda(input, callback) {
  console.info('Looping');
  for (;;) {}
}
