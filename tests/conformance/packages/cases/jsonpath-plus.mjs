// jsonpath-plus, data: queries of JSON.
import { JSONPath } from 'jsonpath-plus';

export async function lambda() {
  const json = { store: { book: [{ t: 'a', price: 5 }, { t: 'b', price: 15 }] } };
  return {
    'deep': [JSONPath({ path: '$..price', json }), [5, 15]],
    'filters': [JSONPath({ path: '$.store.book[?(@.price > 10)].t', json, eval: 'safe' }), ['b']],
    'paths': [JSONPath({ path: '$..t', json, resultType: 'pointer' }), ['/store/book/0/t', '/store/book/1/t']],
  };
}
