// A server on loopback that answers in every way that the cases need.
import http from 'node:http';
import zlib from 'node:zlib';

// What arrived, without what belongs to the connection.
function echo(request, body) {
  const headers = Object.entries(request.headers).filter(([name]) => name !== 'connection' && name !== 'accept-encoding');
  const sorted = Object.fromEntries(headers.sort(([a], [b]) => (a < b ? -1 : 1)));
  return JSON.stringify({ method: request.method, url: request.url, headers: sorted, body });
}

const ANSWERS = {
  '/text': (request, response) => response.end('plain {text'),
  '/empty': (request, response) => response.end(),
  '/bom': (request, response) => response.end(Buffer.from('\uFEFF{"a":1}')),
  '/bin': (request, response) => response.end(Buffer.from([0xff, 0xfe, 0, 65, 0xe9])),
  '/slow': (request, response) => setTimeout(() => response.end('late'), 400),
  '/hang': (request) => request.socket.destroy(),
  '/gzip': (request, response) => {
    response.setHeader('content-encoding', 'gzip');
    response.end(zlib.gzipSync(`zipped ${request.headers['accept-encoding'] ?? 'none'}`));
  },
  '/multi': (request, response) => {
    const headers = [['x-a', '1'], ['x-a', '2'], ['set-cookie', 'a=1'], ['set-cookie', 'b=2'], ['content-type', 'text/plain'], ['X-B', '\xe9']];
    response.writeHead(200, 'Very Fine', headers);
    response.end('m');
  },
  '/redirhost': (request, response) => {
    response.writeHead(302, { location: `http://localhost:${request.socket.localPort}/echo` });
    response.end();
  },
  '/redirbad': (request, response) => {
    response.writeHead(302, { location: 'http://' });
    response.end();
  },
  '/basic': (request, response, body) => challenge(request, response, body, 'Basic realm="x"'),
  '/digest': (request, response, body) => challenge(request, response, body, 'Digest realm="r", nonce="abc", opaque="o"'),
};

function challenge(request, response, body, question) {
  if (request.headers.authorization === undefined) {
    response.writeHead(401, { 'www-authenticate': question });
    response.end('no');
  } else {
    response.end(echo(request, body));
  }
}

function redirect(response, code, left) {
  const location = left > 0 ? `/redir/${code}/${left - 1}` : `/echo?from=${code}`;
  response.writeHead(code, { location, 'set-cookie': [`c${left}=1; Path=/`, 'd=2'] });
  response.end('moving');
}

function answer(request, response, body) {
  const { pathname, searchParams } = new URL(request.url, 'http://upstream');
  const [, first, code, left] = pathname.split('/');
  if (Object.hasOwn(ANSWERS, pathname)) return ANSWERS[pathname](request, response, body);
  if (first === 'redir') return redirect(response, Number(code), Number(left));
  response.setHeader('content-type', 'application/json');
  if (first !== 'status') return response.end(echo(request, body));
  response.statusCode = Number(code);
  return response.end(searchParams.get('b') ?? '{"a":1}');
}

export async function listen() {
  const server = http.createServer((request, response) => {
    const chunks = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => answer(request, response, Buffer.concat(chunks).toString('latin1')));
  });
  await new Promise((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  const close = () => new Promise((resolve) => { server.close(resolve); server.closeAllConnections(); });
  return { address: `http://127.0.0.1:${server.address().port}`, close };
}
