// p-limit, async: so many promises at once.
import pLimit from 'p-limit';

export async function lambda() {
  const limit = pLimit(2);
  let now = 0;
  let most = 0;
  const job = async (n) => {
    now += 1;
    most = Math.max(most, now);
    await new Promise((resolve) => setTimeout(resolve, 1));
    now -= 1;
    return n;
  };
  const results = await Promise.all([1, 2, 3, 4, 5].map((n) => limit(job, n)));
  return { 'keeps the limit': [most, 2], 'keeps the order': [results, [1, 2, 3, 4, 5]], 'is empty again': [[limit.activeCount, limit.pendingCount], [0, 0]] };
}
