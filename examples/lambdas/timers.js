// An interval that is cleared, a timeout that fires and one that never does.
function lambda(input, callback) {
  const ticks = [];
  const never = setTimeout(() => callback(new Error('cleared timers do not fire')), 5);
  clearTimeout(never);

  const interval = setInterval(() => {
    ticks.push(`tick ${ticks.length + 1}`);
    if (ticks.length === input.payload.ticks) {
      clearInterval(interval);
      setTimeout(callback, 1, null, ticks);
    }
  }, 1);
}
