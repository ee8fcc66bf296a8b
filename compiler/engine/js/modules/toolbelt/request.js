// One call of the HTTP client, from its options to its outcome, by the rules of request 2.88.2.
import { httpSend, namespace, urlParse } from 'sandglass:native';
import { Auth } from 'sandglass:toolbelt/auth';
import {
  applyForm, applyFormData, applyJson, applyLength, applyMultipart, queryText, toBytes,
} from 'sandglass:toolbelt/body';
import { callSite } from 'sandglass:toolbelt/call_site';
import { failure } from 'sandglass:toolbelt/errors';
import { flatten, get, has, Headers, remove, set } from 'sandglass:toolbelt/headers';
import { parse as parseQuery } from 'sandglass:toolbelt/query';
import { forbidden, readBody, Response } from 'sandglass:toolbelt/response';
import { complete, failed, outcome, Settled } from 'sandglass:toolbelt/settle';
import { format, parse as parseUri } from 'sandglass:toolbelt/uri';

const UNSUPPORTED = ['aws', 'cert', 'har', 'hawk', 'httpSignature', 'key', 'oauth', 'pfx'];
const TIMEOUT_MAX = 2 ** 32 - 1;

export class Request {
  #call;
  #settled;
  #callback;
  #auth;
  #jar;
  #cookieHeader;
  #host;
  #received;
  #redirects = 0;
  #aborted = false;
  #started = Date.now();

  constructor(options) {
    this.#callback = options.callback;
    this.method = options.method || 'GET';
    complete(options);
    this.#call = { options, site: callSite() };
    this.headers = new Headers(options.headers);
    this.body = options.body;
    this.#settled = Settled.resolve(this.#run(options));
  }

  then(...handlers) { return this.#settled.then(...handlers); }

  catch(...handlers) { return this.#settled.catch(...handlers); }

  finally(handler) { return this.#settled.finally(handler); }

  promise() { return this.#settled; }

  // After this the outcome never comes, as with request.
  abort() { this.#aborted = true; }

  cancel() { this.abort(); }

  toJSON() {
    const { uri, method, headers } = this;
    return { uri, method, headers };
  }

  async #run(options) {
    let response;
    let body;
    try {
      this.#prepare(options);
      response = await this.#exchange(options);
      body = readBody(this.#received, options, Boolean(options.json));
      response.body = body;
      if (options.time) this.#time(response);
    } catch (cause) {
      await this.#unlessAborted();
      this.#report(cause);
      throw failed(this.#call, cause);
    }
    await this.#unlessAborted();
    this.#report(null, response, body);
    return outcome(this.#call, response, body);
  }

  #unlessAborted() {
    return this.#aborted ? new Promise(() => {}) : undefined;
  }

  #report(...results) {
    if (typeof this.#callback === 'function') this.#callback.apply(this, results);
  }

  #time(response) {
    response.timingStart = this.#started;
    response.elapsedTime = Date.now() - this.#started;
  }

  #prepare(options) {
    const unsupported = UNSUPPORTED.find((name) => options[name]);
    if (unsupported !== undefined) throw new Error(`options.${unsupported} is not supported`);
    this.uri = findUri(options);
    this.#cookieHeader = get(this.headers, 'cookie');
    this.#jar = findJar(options.jar);
    this.#sendCookies();
    if (options.form) applyForm(this, options.form, options);
    if (options.formData) applyFormData(this, options.formData);
    if (options.qs) this.#applyQuery(options);
    this.path = this.uri.path || this.uri.pathname + (this.uri.search || '') || '/';
    if (options.auth) this.#applyAuth(authOptions(options.auth));
    if (options.gzip && !has(this.headers, 'accept-encoding')) {
      set(this.headers, 'accept-encoding', 'gzip, deflate');
    }
    this.#applyUriAuth();
    if (options.json) applyJson(this, options.json, options);
    if (options.multipart) applyMultipart(this, options.multipart, options);
    applyLength(this);
    checkProtocol(this.uri);
  }

  #applyQuery({ qs, useQuerystring, qsParseOptions, qsStringifyOptions }) {
    const present = this.uri.query ? parseQuery(this.uri.query, qsParseOptions) : {};
    const text = queryText(Object.assign(present, qs), useQuerystring, qsStringifyOptions);
    if (text !== '') this.uri = completeUri(parseUri(`${this.uri.href.split('?')[0]}?${text}`));
  }

  #applyAuth(options) {
    this.#auth = new Auth(options);
    const header = this.#auth.header();
    if (header !== undefined) set(this.headers, 'authorization', header);
  }

  #applyUriAuth() {
    if (!this.uri.auth || has(this.headers, 'authorization')) return;
    const [user, ...pass] = this.uri.auth.split(':').map(decodeURIComponent);
    this.#applyAuth({ user, pass: pass.join(':') });
  }

  #sendCookies() {
    const cookies = this.#jar?.getCookieString(this.uri.href);
    if (cookies) set(this.headers, 'cookie', [this.#cookieHeader, cookies].filter(Boolean).join('; '));
  }

  // Sends, and sends again for every redirect and challenge that is to be followed.
  async #exchange(options) {
    for (;;) {
      const response = await this.#send(options);
      const target = this.#redirectTarget(response, options);
      if (!target || this.#aborted) return response;
      this.#redirect(target, response, options);
    }
  }

  async #send(options) {
    const { uri, headers } = this;
    const isWaitingForChallenge = this.#auth !== undefined && !this.#auth.sent;
    if (!this.body && this.method !== 'GET' && !isWaitingForChallenge) set(headers, 'content-length', 0);
    const url = `${uri.protocol}//${uri.host || `${uri.hostname}:${uri.port}`}${this.path}`;
    const answer = await httpSend({
      method: this.method.toUpperCase(),
      url: url.toWellFormed(),
      headers: flatten(headers),
      body: this.body ? toBytes(this.body) : undefined,
      decompress: Boolean(options.gzip),
      timeout: milliseconds(options.timeout),
    });
    if (answer.error !== undefined && !isForbidden(answer)) throw failure(answer, url);
    const received = answer.error === undefined ? answer : forbidden(answer);
    const response = new Response(received, this);
    this.response = response;
    this.#received = toBytes(received.body);
    this.#host = get(headers, 'host') ?? uri.host ?? uri.hostname;
    this.#keepCookies(response);
    return response;
  }

  #keepCookies(response) {
    for (const cookie of response.headers['set-cookie'] ?? []) {
      this.#jar?.setCookie(cookie, this.uri.href, { ignoreError: true });
    }
  }

  #redirectTarget({ statusCode, headers }, { followRedirect, followAllRedirects }) {
    if (statusCode >= 300 && statusCode < 400 && headers.location !== undefined) {
      const isRead = !['PATCH', 'PUT', 'POST', 'DELETE'].includes(this.method);
      const follows = followAllRedirects || ((followRedirect === undefined || followRedirect) && isRead);
      return follows && this.#allowsRedirect(followRedirect) ? headers.location : undefined;
    }
    if (statusCode !== 401) return undefined;
    const authorization = this.#auth?.answer(headers['www-authenticate'], this.method, this.path);
    if (authorization === undefined) return undefined;
    set(this.headers, 'authorization', authorization);
    return this.#allowsRedirect(followRedirect) ? this.uri.href : undefined;
  }

  #allowsRedirect(followRedirect) {
    return typeof followRedirect !== 'function' || followRedirect.call(this, this.response);
  }

  #redirect(target, { statusCode }, options) {
    const { maxRedirects = 10, followAllRedirects, followOriginalHttpMethod, removeRefererHeader } = options;
    const from = this.uri;
    if (this.#redirects >= maxRedirects) {
      throw new Error(`Exceeded maxRedirects. Probably stuck in a redirect loop ${from.href}`);
    }
    this.#redirects += 1;
    const absolute = /^https?:/.test(target) ? target : urlParse(target.toWellFormed(), from.href)?.href ?? target;
    this.uri = parseUri(absolute);
    const keepsRequest = statusCode === 401 || statusCode === 307;
    if (followAllRedirects && this.method !== 'HEAD' && !keepsRequest && !followOriginalHttpMethod) {
      this.method = 'GET';
    }
    if (!keepsRequest) this.#dropBody();
    if (!removeRefererHeader) set(this.headers, 'referer', from.href);
    checkHost(completeUri(this.uri), '. This can be caused by a crappy redirection.');
    checkProtocol(this.uri);
    this.path = this.uri.path || '/';
    this.#sendCookies();
    this.#applyUriAuth();
  }

  #dropBody() {
    this.body = undefined;
    for (const name of ['host', 'content-type', 'content-length']) remove(this.headers, name);
    if (this.uri.hostname !== this.#host.split(':')[0]) remove(this.headers, 'authorization');
  }
}

function isForbidden({ error }) {
  return error === 'host-not-allowed' || error === 'address-refused';
}

function milliseconds(timeout) {
  if (typeof timeout !== 'number' || !(Math.abs(timeout) > 0) || !Number.isFinite(timeout)) return undefined;
  return Math.min(Math.max(Math.trunc(timeout), 1), TIMEOUT_MAX);
}

function authOptions({ user, username = user, pass, password = pass, ...others }) {
  return { ...others, user: username, pass: password };
}

function findJar(jar) {
  if (!jar) return undefined;
  return jar.getCookieString ? jar : namespace('sandglass:toolbelt/cookies').sharedJar;
}

function findUri({ uri, url, baseUrl }) {
  let given = uri || url || uri;
  if (baseUrl) given = join(baseUrl, given);
  if (!given) throw new Error('options.uri is a required argument');
  if (typeof given === 'string') given = parseUri(given);
  if (!given.href) given.href = format(given);
  if (given.protocol === 'unix:') {
    throw new Error('`unix://` URL scheme is no longer supported. Please use the format `http://unix:SOCKET:PATH`');
  }
  if (!given.pathname) given.pathname = '/';
  checkHost(given, '');
  return completeUri(given);
}

// There is one slash between the base and the path.
function join(base, path) {
  if (typeof base !== 'string') throw new Error('options.baseUrl must be a string');
  if (typeof path !== 'string') throw new Error('options.uri must be a string when using options.baseUrl');
  if (path.startsWith('//') || path.includes('://')) {
    throw new Error('options.uri must be a path when using options.baseUrl');
  }
  if (path === '') return base;
  return `${base.replace(/\/$/, '')}/${path.replace(/^\//, '')}`;
}

function checkHost(uri, explanation) {
  if (uri.host || (uri.hostname && uri.port)) return;
  throw new Error(`Invalid URI "${format(uri)}"${explanation}`);
}

function checkProtocol(uri) {
  if (!['http:', 'https:'].includes(uri.protocol)) throw new Error(`Invalid protocol: ${uri.protocol}`);
}

function completeUri(uri) {
  if (!uri.pathname) uri.pathname = '/';
  if (!uri.port && uri.protocol === 'http:') uri.port = 80;
  if (!uri.port && uri.protocol === 'https:') uri.port = 443;
  return uri;
}
