// got, http: requests with retries and hooks.
import got from 'got';

export async function lambda({ payload }) {
  const client = got.extend({ prefixUrl: payload.url, headers: { 'x-test': 'yes' }, retry: { limit: 0 } });
  const refused = await client('status/404').catch((error) => error);
  return {
    'posts JSON': [await client.post('echo', { json: { a: 1 }, searchParams: { q: 1 } }).json(), { method: 'POST', target: '/echo?q=1', type: 'application/json', test: 'yes', body: '{"a":1}' }],
    'errors': [[refused.name, refused.response.statusCode], ['HTTPError', 404]],
    'redirects': [(await client('redirect').json()).target, '/echo'],
  };
}
