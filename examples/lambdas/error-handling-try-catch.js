// Best practices, "Error handling in async functions", try/catch. Repaired: the fragment stands in
// an async lambda, `myPromise` is a function that returns a promise, and the success path calls back.
async function lambda(input, callback) {
  const myPromise = () => new Promise((resolve, reject) => {
    setTimeout(() => reject(new Error(`No stock of ${input.payload.article}`)), 1);
  });

  try {
    await myPromise();
    callback(null, 'in stock');
  } catch(error) {
    // Handle error or pass it to the callback
    callback(error, null)
  } 
}
