// cookie, http: the headers Cookie and Set-Cookie.
const cookie = require('cookie');

exports.lambda = async () => ({
  'reads': [{ ...cookie.parse('a=1; b=%C3%A4; c="x"') }, { a: '1', b: 'ä', c: '"x"' }],
  'writes': [cookie.serialize('a', 'ä', { httpOnly: true, maxAge: 60, sameSite: 'lax', path: '/' }), 'a=%C3%A4; Max-Age=60; Path=/; HttpOnly; SameSite=Lax'],
});
