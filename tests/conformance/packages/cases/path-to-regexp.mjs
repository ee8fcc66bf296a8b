// path-to-regexp, http: patterns of paths.
import { compile, match } from 'path-to-regexp';

export async function lambda() {
  const user = match('/users/:id{/:tab}');
  return {
    'matches': [{ ...user('/users/5/mail').params }, { id: '5', tab: 'mail' }],
    'does not': [user('/other'), false],
    'wildcards': [{ ...match('/files/*path')('/files/a/b').params }, { path: ['a', 'b'] }],
    'compiles': [compile('/users/:id')({ id: 'ä' }), '/users/%C3%A4'],
  };
}
