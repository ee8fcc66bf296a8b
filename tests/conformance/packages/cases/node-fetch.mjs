// node-fetch, http: fetch over http.
import fetch, { FetchError, Headers } from 'node-fetch';

export async function lambda({ payload }) {
  const answer = await fetch(`${payload.url}/echo`, { method: 'PUT', body: JSON.stringify({ a: 1 }), headers: { 'x-test': 'yes', 'content-type': 'application/json' } });
  const body = await answer.json();
  const failure = await fetch('http://127.0.0.1:1/').catch((error) => error);
  return {
    'puts': [body, { method: 'PUT', target: '/echo', type: 'application/json', test: 'yes', body: '{"a":1}' }],
    'answers': [[answer.ok, answer.status, answer.headers.get('content-type')], [true, 200, 'application/json']],
    'redirects': [(await fetch(`${payload.url}/redirect`)).url, `${payload.url}/echo`],
    'headers': [[...new Headers({ B: '1', a: '2' })].sort(), [['a', '2'], ['b', '1']]],
    'failures': [failure instanceof FetchError, true],
  };
}
