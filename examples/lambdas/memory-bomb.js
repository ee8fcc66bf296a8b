// Holds on to everything it allocates. It fills its own sandbox and nobody else's.
function lambda(input, callback) {
  console.info('Hoarding');
  const hoard = [];
  for (;;) hoard.push(new Uint8Array(1024 * 1024).fill(1));
}
