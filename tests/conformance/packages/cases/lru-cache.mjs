// lru-cache, data: a cache that forgets.
import { LRUCache } from 'lru-cache';

export async function lambda() {
  const gone = [];
  const cache = new LRUCache({ max: 2, dispose: (value, key) => gone.push(key) });
  cache.set('a', 1).set('b', 2);
  cache.get('a');
  cache.set('c', 3);
  const brief = new LRUCache({ max: 5, ttl: 1, ttlResolution: 0 });
  brief.set('x', 1);
  await new Promise((resolve) => setTimeout(resolve, 10));
  return {
    'the least used goes': [[[...cache.keys()], gone], [['c', 'a'], ['b']]],
    'after its time': [brief.get('x') ?? 'gone', 'gone'],
    'fetches': [await new LRUCache({ max: 1, fetchMethod: async (key) => key + '!' }).fetch('k'), 'k!'],
  };
}
