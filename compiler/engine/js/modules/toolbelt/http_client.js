// What `Toolbelt.HTTPClient()` returns: request-promise's function with its verbs.
import { namespace } from 'sandglass:native';
import { Request } from 'sandglass:toolbelt/request';

const VERBS = { get: 'GET', head: 'HEAD', options: 'OPTIONS', post: 'POST', put: 'PUT', patch: 'PATCH', del: 'DELETE', delete: 'DELETE' };

function isPlain(value) {
  if (Object.prototype.toString.call(value) !== '[object Object]') return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}

function assign(target, source, deep) {
  for (const key of Object.keys(source ?? {})) {
    const value = source[key];
    if (value === undefined || value === target || key === '__proto__') continue;
    target[key] = deep ? merged(target[key], value) : value;
  }
  return target;
}

function merged(old, value) {
  if (Array.isArray(value)) return assign(Array.isArray(old) ? old : [], value, true);
  return isPlain(value) ? assign(isPlain(old) ? old : {}, value, true) : value;
}

// The options of a call, in whichever of the three ways it was made.
function parameters(uri, options, callback) {
  const params = {};
  if (typeof options === 'object' && options !== null) assign(assign(params, options), { uri });
  else if (typeof uri === 'string') params.uri = uri;
  else assign(params, uri);
  params.callback = (typeof options === 'function' ? options : callback) || params.callback;
  return params;
}

function start(params) {
  const hasBody = params.body || params.multipart || (params.json && typeof params.json !== 'boolean');
  if (params.method === 'HEAD' && hasBody) {
    throw new Error('HTTP HEAD requests MUST NOT include a request body.');
  }
  return new Request(params);
}

function client(defaults) {
  const call = (uri, options, callback, method) => {
    const params = parameters(uri, options, callback);
    const all = defaults === undefined ? params : assign(assign({}, defaults, true), params, true);
    return start(method === undefined ? all : { ...all, method });
  };
  const request = function request(uri, options, callback) {
    if (uri === undefined && defaults === undefined) {
      throw new Error('undefined is not a valid uri or options object.');
    }
    return call(uri, options, callback);
  };
  for (const [verb, method] of Object.entries(VERBS)) {
    request[verb] = (uri, options, callback) => call(uri, options, callback, method);
  }
  request.defaults = (more = {}) => client(assign(assign({}, defaults, true), more, true));
  request.jar = () => new (namespace('sandglass:toolbelt/cookies').Jar)();
  request.cookie = (text) => namespace('sandglass:toolbelt/cookies').parseCookie(text);
  return request;
}

// The headers by which the platform marks the requests of a lambda, as far as it told us who we are.
function platformHeaders({ BRAND_ID, LAMBDA_UUID }) {
  return {
    ...(BRAND_ID && { 'LP-URL': BRAND_ID }),
    ...(LAMBDA_UUID && { 'User-Agent': `LP-Lambda-${LAMBDA_UUID}` }),
  };
}

export function httpClient() {
  const headers = platformHeaders(globalThis.process.env);
  return client(Object.keys(headers).length === 0 ? undefined : { headers });
}
