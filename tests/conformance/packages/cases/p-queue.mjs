// p-queue, async: a queue of promises with priorities.
import PQueue from 'p-queue';

export async function lambda() {
  const queue = new PQueue({ concurrency: 1, autoStart: false });
  const order = [];
  queue.add(async () => order.push('low'), { priority: 0 });
  queue.add(async () => order.push('high'), { priority: 1 });
  queue.start();
  await queue.onIdle();
  return { 'priorities': [order, ['high', 'low']], 'results': [await queue.add(() => 5), 5], 'is empty again': [[queue.size, queue.pending], [0, 0]] };
}
