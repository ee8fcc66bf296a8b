// Calls of the HTTP client, for request-promise in Node.js and for a lambda alike; see README.md.
'use strict';

let base = 'http://127.0.0.1:1';
let port = '1';

const cases = {
  url: c => c(base + '/echo'),
  urlOpts: c => c(base + '/echo', { headers: { 'X-Y': 'z' } }),
  uri: c => c({ uri: base + '/echo' }),
  urlKey: c => c({ url: base + '/echo?x=1#h' }),
  get: c => c.get(base + '/echo'),
  post: c => c.post(base + '/echo'),
  put: c => c.put(base + '/echo', { body: 'x' }),
  patch: c => c.patch({ uri: base + '/echo', body: 'ü' }),
  del: c => c.del(base + '/echo'),
  delete: c => c.delete(base + '/echo'),
  head: c => c.head(base + '/echo'),
  headFull: c => c.head(base + '/echo', { resolveWithFullResponse: true }),
  options: c => c.options(base + '/echo'),
  methodLower: c => c({ uri: base + '/echo', method: 'post', body: 'q' }),
  methodHead: c => c({ uri: base + '/echo', method: 'HEAD' }),
  methodhead: c => c({ uri: base + '/echo', method: 'head' }),
  full: c => c({ uri: base + '/text', resolveWithFullResponse: true }),
  full2: c => c({ uri: base + '/echo', resolveWithFullResponse: true, method: 'POST', json: { a: 1 } }),
  s404: c => c(base + '/status/404'),
  s404json: c => c({ uri: base + '/status/404', json: true }),
  s404simple: c => c({ uri: base + '/status/404', simple: false }),
  s404full: c => c({ uri: base + '/status/404', simple: false, resolveWithFullResponse: true }),
  s404both: c => c({ uri: base + '/status/404', resolveWithFullResponse: true }),
  s500empty: c => c(base + '/status/500?b='),
  s500emptyjson: c => c(base + '/status/500?b=', { json: true }),
  s204: c => c({ uri: base + '/status/204', resolveWithFullResponse: true }),
  s304: c => c(base + '/status/304'),
  s199: c => c(base + '/status/299'),
  econn: c => c('http://127.0.0.1:1/'),
  enot: c => c('http://no-such-host.invalid/'),
  noscheme: c => c('www.mywebsite.com/auth'),
  noscheme2: c => c({ uri: 'www.mywebsite.com/request', method: 'POST' }),
  missing: c => c({}),
  missing2: c => c({ uri: undefined }),
  missing3: c => c({ uri: '' }),
  undef: c => c(undefined),
  nul: c => c(null),
  hostport: c => c('localhost:8080/x'),
  ftp: c => c('ftp://x/y'),
  relative: c => c('/path'),
  nohost: c => c('http://'),
  httpfoo: c => c('http:foo'),
  unix: c => c('unix://x'),
  spaces: c => c(`  ${base}/echo?a=b c|d  `),
  quote: c => c(`${base}/echo/it's{x}?q='"`),
  hashq: c => c(`${base}/echo?a#b?c`),
  authurl: c => c(`http://u%20s:p:w@127.0.0.1:${port}/echo`),
  uriobj: c => c({ uri: { protocol: 'http:', hostname: '127.0.0.1', port, pathname: '/echo' } }),
  whatwg: c => c({ uri: new URL(base + '/echo?z=1'), resolveWithFullResponse: true }),
  port80: c => c('http://127.0.0.1:1/x?y=1'),
  backslash: c => c(`http:\\\\127.0.0.1:${port}\\echo`),
  upper: c => c(`HTTP://127.0.0.1:${port}/Echo`),
  timeout: c => c({ uri: base + '/slow', timeout: 100 }),
  timeoutOk: c => c({ uri: base + '/slow', timeout: 4000 }),
  hang: c => c(base + '/hang'),
  jsonTrue: c => c({ uri: base + '/echo', json: true }).then(x => (delete x.headers.host, x)),
  jsonBody: c => c({ uri: base + '/echo', method: 'POST', json: true, body: { a: 'ü', b: [1] } }),
  jsonObj: c => c({ uri: base + '/echo', method: 'POST', json: { x: null } }),
  jsonText: c => c({ uri: base + '/text', json: true }),
  jsonEmpty: c => c({ uri: base + '/empty', json: true }),
  jsonEmptyFull: c => c({ uri: base + '/empty', json: true, resolveWithFullResponse: true }),
  jsonStr: c => c({ uri: base + '/echo', method: 'POST', json: true, body: 'str' }),
  jsonBomb: c => c({ uri: base + '/bom', json: true }),
  bom: c => c(base + '/bom'),
  bomutf8: c => c(base + '/bom', { encoding: 'utf8' }),
  jsonReviver: c => c({ uri: base + '/status/200', json: true, jsonReviver: (k, v) => v === 1 ? 2 : v }),
  jsonHeaders: c => c({ uri: base + '/echo', method: 'PUT', json: true, body: [1], headers: { 'Content-Type': 'application/vnd.x+json', Accept: 'x/y' } }),
  jsonGetBody: c => c({ uri: base + '/echo', json: { q: 1 } }),
  jsonFalse: c => c({ uri: base + '/status/200', json: false }),
  jsonCirc: c => { const a = { x: 1 }; a.self = a; return c({ uri: base + '/echo', method: 'POST', json: a }) },
  jsonCirc2: c => { const a = { x: 1, b: { c: { } } }; a.b.c.d = a.b; a.b.e = [a.b.c, { y: a }]; return c({ uri: base + '/echo', method: 'POST', json: a }) },
  jsonUndef: c => c({ uri: base + '/echo', method: 'POST', json: true, body: undefined }),
  jsonNull: c => c({ uri: base + '/echo', method: 'POST', json: true, body: null }),
  jsonNum: c => c({ uri: base + '/echo', method: 'POST', json: true, body: 5 }),
  form: c => c.post({ uri: base + '/echo', form: { a: 'b c', d: [1, 2], e: { f: "!'()*" }, n: null, u: undefined, t: true } }),
  formStr: c => c.post({ uri: base + '/echo', form: "a=b!'c" }),
  formJson: c => c.post({ uri: base + '/echo', form: { a: 'b c' }, json: true }),
  formDate: c => c.post(base + '/echo', { form: { d: new Date(0) } }),
  formHdr: c => c.post(base + '/echo', { form: { d: 1 }, headers: { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' } }),
  formHdr2: c => c.post(base + '/echo', { form: { d: 1 }, headers: { 'Content-Type': 'text/x' } }),
  formEmpty: c => c.post(base + '/echo', { form: {} }),
  formUnicode: c => c.post(base + '/echo', { form: { 'ä': '€😀' } }),
  qs: c => c({ uri: base + '/echo', qs: { a: [1, 2], b: 'x y' } }),
  qsMerge: c => c({ uri: base + '/echo?z=1&a=0&q[]=5&o[k]=v', qs: { a: 5 } }),
  qsEmpty: c => c({ uri: base + '/echo?z=1', qs: {} }),
  qsNested: c => c({ uri: base + '/echo', qs: { a: { b: { c: 1 } }, d: null, e: '' } }),
  qsHash: c => c({ uri: base + '/echo#frag', qs: { a: 1 } }),
  qsOpt: c => c({ uri: base + '/echo', qs: { a: [1, 2] }, qsStringifyOptions: { arrayFormat: 'repeat' } }),
  qsBr: c => c({ uri: base + '/echo', qs: { a: [1, 2], o: { p: [{ x: 1 }] } }, qsStringifyOptions: { arrayFormat: 'brackets' } }),
  useQs: c => c({ uri: base + '/echo', qs: { a: [1, 2], b: "x y!'" }, useQuerystring: true }),
  qsStr: c => c({ uri: base + '/echo', qs: 'ab' }),
  auth: c => c({ uri: base + '/echo', auth: { user: 'u', pass: 'p' } }),
  authLong: c => c({ uri: base + '/echo', auth: { username: 'ü', password: 'p' } }),
  bearer: c => c({ uri: base + '/echo', auth: { bearer: 'tok' } }),
  bearerFn: c => c({ uri: base + '/echo', auth: { bearer: () => 'tok2' } }),
  authNoPass: c => c({ uri: base + '/echo', auth: { user: 'u' } }),
  authBad: c => c({ uri: base + '/echo', auth: {} }),
  authLater: c => c({ uri: base + '/basic', auth: { user: 'u', pass: 'p', sendImmediately: false } }),
  digest: c => c({ uri: base + '/digest', auth: { user: 'u', pass: 'p', sendImmediately: false } }),
  digestPost: c => c({ uri: base + '/digest', method: 'POST', body: 'zz', auth: { user: 'u', pass: 'p', sendImmediately: false } }),
  authHeader: c => c({ uri: base + '/echo', headers: { Authorization: 'X' }, auth: { user: 'a', pass: 'b' } }),
  base: c => c({ baseUrl: base, uri: 'echo' }),
  base2: c => c({ baseUrl: base + '/', uri: '/echo' }),
  base3: c => c({ baseUrl: base + '/echo', uri: '' }),
  base4: c => c({ baseUrl: base, uri: 'http://x' }),
  base5: c => c({ baseUrl: 5, uri: 'x' }),
  base6: c => c({ baseUrl: base, uri: { a: 1 } }),
  base7: c => c({ baseUrl: base, url: '/echo?q=1' }),
  encNull: c => c({ uri: base + '/bin', encoding: null }),
  encLatin: c => c({ uri: base + '/bin', encoding: 'latin1' }),
  encHex: c => c({ uri: base + '/bin', encoding: 'hex' }),
  encB64: c => c({ uri: base + '/bin', encoding: 'base64' }),
  encDef: c => c(base + '/bin'),
  encNullEmpty: c => c({ uri: base + '/empty', encoding: null }),
  encNullJson: c => c({ uri: base + '/status/200', encoding: null, json: true }),
  empty: c => c(base + '/empty'),
  gzip: c => c({ uri: base + '/gzip', gzip: true }),
  gzipFull: c => c({ uri: base + '/gzip', gzip: true, resolveWithFullResponse: true }),
  r302: c => c(base + '/redir/302/2'),
  r301head: c => c.head(base + '/redir/301/1', { resolveWithFullResponse: true }),
  r302post: c => c.post(base + '/redir/302/0', { body: 'x' }),
  r302postSimple: c => c.post(base + '/redir/302/0', { body: 'x', simple: false }),
  r302all: c => c.post(base + '/redir/302/1', { json: { a: 1 }, followAllRedirects: true }),
  r307all: c => c.post(base + '/redir/307/1', { json: { a: 1 }, followAllRedirects: true }),
  r308all: c => c.post(base + '/redir/308/1', { body: 'x', followAllRedirects: true }),
  rOrig: c => c.put(base + '/redir/302/1', { body: 'x', followAllRedirects: true, followOriginalHttpMethod: true }),
  rNo: c => c(base + '/redir/302/1', { followRedirect: false }),
  rFn: c => c(base + '/redir/302/2', { followRedirect: (r) => r.headers.location.endsWith('/1'), simple: false }),
  rMax: c => c(base + '/redir/302/3', { maxRedirects: 2 }),
  rMax0: c => c(base + '/redir/302/3', { maxRedirects: 0 }),
  rLoop: c => c(base + '/redir/302/12'),
  rFull: c => c(base + '/redir/302/1', { resolveWithFullResponse: true, headers: { Authorization: 'A', 'content-type': 'x', Host: '127.0.0.1:' + port } }),
  rRef: c => c(base + '/redir/302/1', { removeRefererHeader: true }),
  rHost: c => c(base + '/redirhost', { auth: { user: 'a', pass: 'b' } }),
  rBad: c => c(base + '/redirbad'),
  rDelete: c => c.del(base + '/redir/302/0', { simple: false, resolveWithFullResponse: true }),
  rLower: c => c({ uri: base + '/redir/302/0', method: 'post' }),
  rQs: c => c(base + '/redir/302/0', { qs: { a: 1 }, json: true }),
  jar: async c => { const jar = c.jar(); await c(base + '/redir/302/1', { jar }); return [jar.getCookieString(base + '/x'), await c(base + '/echo', { jar, headers: { Cookie: 'own=1' } }), jar.getCookies(base).map(String)] },
  jarSet: async c => { const jar = c.jar(); jar.setCookie(c.cookie('k=v'), base); return c(base + '/echo', { jar }) },
  cookie: c => { const k = c.cookie('a=b; Path=/p; HttpOnly; Secure; Max-Age=5'); return { k: k.key, v: k.value, p: k.path, h: k.httpOnly, s: k.secure, m: k.maxAge, c: k.cookieString() } },
  multi: c => c(base + '/multi', { resolveWithFullResponse: true }),
  bodyObj: c => c({ uri: base + '/echo', method: 'POST', body: { a: 1 } }),
  bodyBuf: c => c({ uri: base + '/echo', method: 'POST', body: Buffer.from([1, 2, 255]) }),
  bodyU8: c => c({ uri: base + '/echo', method: 'POST', body: new Uint8Array([65, 66]) }),
  bodyArr: c => c({ uri: base + '/echo', method: 'POST', body: ['ab', Buffer.from('c')] }),
  bodyEmpty: c => c({ uri: base + '/echo', method: 'POST', body: '' }),
  bodyGet: c => c({ uri: base + '/echo', body: 'g' }),
  transform: c => c({ uri: base + '/text', transform: (b, r, f) => [b, r.statusCode, f] }),
  transformFull: c => c({ uri: base + '/text', resolveWithFullResponse: true, transform: (b, r, f) => [b, r.statusCode, f] }),
  transformErr: c => c({ uri: base + '/text', transform: () => { throw new Error('t!') } }),
  transform404: c => c({ uri: base + '/status/404', transform: (b) => 'T' + b }),
  transform404only: c => c({ uri: base + '/status/404', transform2xxOnly: true, transform: (b) => 'T' + b }),
  transform404err: c => c({ uri: base + '/status/404', transform: () => { throw new TypeError('x') } }),
  transformPromise: c => c({ uri: base + '/text', transform: async b => b + '!' }),
  transformSimpleFalse: c => c({ uri: base + '/status/404', simple: false, transform: (b) => 'T' + b }),
  defaults: c => c.defaults({ headers: { 'X-D': '1', a: 'b' }, json: true, baseUrl: base })({ uri: '/echo', headers: { a: 'c' } }),
  defaultsVerb: c => c.defaults({ headers: { 'X-D': '1' } }).post(base + '/echo', { body: 'x' }),
  defaultsTwice: c => c.defaults({ headers: { x: 1 } }).defaults({ headers: { y: 2 }, qs: { p: 1 } })(base + '/echo', { qs: { r: 2 } }),
  defaultsSimple: c => c.defaults({ simple: false, resolveWithFullResponse: true }).get(base + '/status/404'),
  hdrNum: c => c(base + '/echo', { headers: { n: 5, u: undefined, arr: ['a', 'b'], b: true } }),
  hdrBad: c => c(base + '/echo', { headers: { x: 'a\nb' } }),
  hdrBadName: c => c(base + '/echo', { headers: { 'a b': 'c' } }),
  hdrDup: c => c(base + '/echo', { headers: { 'User-Agent': 'A', 'user-agent': 'B' } }),
  hdrUni: c => c(base + '/echo', { headers: { x: '€' } }),
  hdrLatin: c => c(base + '/echo', { headers: { x: 'é' } }),
  headBody: c => c({ uri: base + '/echo', method: 'HEAD', body: 'x' }),
  callback: c => new Promise(r => c(base + '/text', (e, res, b) => r([e, res.statusCode, b])).catch(() => {})),
  callbackErr: c => new Promise(r => c('http://127.0.0.1:1', (e, res, b) => r([String(e), res, b])).catch(() => {})),
  catchFilter: c => c(base + '/status/404').catch({ statusCode: 500 }, () => 'no').catch({ statusCode: 404 }, () => 'yes'),
  thenChain: c => c(base + '/text').then(x => x + 1).finally(() => {}),
  promise: c => c(base + '/text').promise().then(x => x),
  all: c => Promise.all([c(base + '/text'), c(base + '/status/200')]),
  formData: c => c.post(base + '/echo', { formData: { a: 'x', n: 5, f: { value: Buffer.from('zz'), options: { filename: 'p.png', contentType: 'image/png' } }, g: { value: 'q', options: { filename: 'q.txt' } }, arr: ['1', '2'], b: Buffer.from('bb') } }),
  multipart: c => c.put(base + '/echo', { multipart: [{ 'content-type': 'application/json', body: '{"a":1}' }, { body: 'I am' }] }),
  strict: c => c(base + '/text', { strictSSL: true, rejectUnauthorized: false, agentOptions: { a: 1 } }),
};

// Where the engine's client means to differ, or cannot help it.
const different = {
  head: 'the headers are those of the connection',
  methodHead: 'the headers are those of the connection',
  methodhead: 'the headers are those of the connection',
};

const HOPS = ['date', 'connection', 'keep-alive', 'transfer-encoding', 'content-encoding', 'content-length'];

function endToEnd(headers) {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !HOPS.includes(name)));
}

function observeJson(value) {
  const json = JSON.parse(JSON.stringify(value));
  for (const response of [json, json.response]) {
    if (response?.headers !== undefined) response.headers = endToEnd(response.headers);
  }
  return json;
}

function observeValue(value) {
  if (value === undefined) return '(undefined)';
  if (Buffer.isBuffer(value)) return { buffer: value.toString('hex') };
  if (value?.statusCode === undefined || value.request === undefined) return value;
  const { statusCode, statusMessage, headers, body } = value;
  return { statusCode, statusMessage, headers: endToEnd(headers), body: observeValue(body), json: observeJson(value) };
}

function observeError(error) {
  if (!(error instanceof Error)) return { thrown: error };
  const { name, message, statusCode, cause } = error;
  return {
    name, message, statusCode,
    text: String(error),
    keys: Object.keys(error),
    error: error.error instanceof Error ? error.error === cause : observeValue(error.error),
    cause: cause && { text: String(cause), name: cause.name, ...cause },
    response: observeValue(error.response),
    json: observeJson(error),
  };
}

async function observe(name, client, address) {
  base = address;
  port = address.split(':')[2];
  const hangs = new Promise((resolve) => { setTimeout(resolve, 5_000, '(hangs)'); });
  try {
    const call = (async () => observeValue(await cases[name](client)))();
    return { value: await Promise.race([call, hangs]) };
  } catch (error) {
    return { error: observeError(error) };
  }
}

async function lambda({ payload }, callback) {
  const { Toolbelt } = require('lp-faas-toolbelt');
  callback(null, await observe(payload.name, Toolbelt.HTTPClient(), payload.address));
}

module.exports = { cases, different, observe, lambda };
