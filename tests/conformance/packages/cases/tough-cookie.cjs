// tough-cookie, http: a jar of cookies after RFC 6265.
const { Cookie, CookieJar } = require('tough-cookie');

exports.lambda = async () => {
  const jar = new CookieJar();
  await jar.setCookie('a=1; Path=/; Domain=example.com', 'https://www.example.com/');
  await jar.setCookie('b=2; Secure', 'https://www.example.com/');
  const refused = await jar.setCookie('c=3; Domain=com', 'https://www.example.com/').catch((error) => error.message);
  return {
    'by host and scheme': [[await jar.getCookieString('http://example.com/'), await jar.getCookieString('https://www.example.com/x')], ['a=1', 'a=1; b=2']],
    'public suffixes': [/public suffix/.test(refused), true],
    'parses': [Cookie.parse('k=v; Max-Age=5; HttpOnly').toString(), 'k=v; Max-Age=5; HttpOnly'],
  };
};
