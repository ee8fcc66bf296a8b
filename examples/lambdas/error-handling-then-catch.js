// Best practices, "Error handling in async functions", then/catch. Repaired: the fragment stands in
// a lambda, its handlers exist, and the fulfilled value reaches the callback.
function lambda(input, callback) {
  const myExecutorFunc = (resolve, reject) => {
    setTimeout(() => resolve(input.payload.amount), 1);
  };
  const handleFulfilledA = amount => {
    if (typeof amount !== 'number') throw new Error('amount is not a number');
    return amount;
  };
  const handleFulfilledB = amount => amount * 2;
  const handleFulfilledC = amount => callback(null, { doubled: amount });

  const myPromise =
    (new Promise(myExecutorFunc))
    .then(handleFulfilledA)
    .then(handleFulfilledB)
    .then(handleFulfilledC)
    // Handle error or pass it to the callback
    .catch(error => callback(error, null));
}
