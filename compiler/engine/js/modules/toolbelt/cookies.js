// `HTTPClient().jar()` and `.cookie()`: cookies by RFC 6265, without a list of public suffixes; a
// domain of one label is refused instead.

export class Cookie {
  key = '';
  value = '';
  expires = 'Infinity';
  maxAge = null;
  domain = null;
  path = null;
  secure = false;
  httpOnly = false;
  hostOnly = null;

  cookieString() {
    return this.key === '' ? this.value : `${this.key}=${this.value}`;
  }

  toString() {
    const parts = [this.cookieString()];
    if (this.expires instanceof Date) parts.push(`Expires=${this.expires.toUTCString()}`);
    if (this.maxAge !== null) parts.push(`Max-Age=${this.maxAge}`);
    if (this.domain !== null && !this.hostOnly) parts.push(`Domain=${this.domain}`);
    if (this.path !== null) parts.push(`Path=${this.path}`);
    if (this.secure) parts.push('Secure');
    if (this.httpOnly) parts.push('HttpOnly');
    return parts.join('; ');
  }

  isExpired(now) {
    return this.expires instanceof Date && this.expires <= now;
  }
}

// Reads a `Set-Cookie` text; `undefined` when it is none.
export function parseCookie(text) {
  const source = typeof text?.uri === 'string' ? text.uri : text;
  if (typeof source !== 'string') throw new Error('The cookie function only accepts STRING as param');
  const [pair, ...attributes] = source.trim().split(';');
  const at = pair.indexOf('=');
  const cookie = new Cookie();
  cookie.key = at === -1 ? '' : pair.slice(0, at).trim();
  cookie.value = pair.slice(at + 1).trim();
  if (cookie.key === '' && cookie.value === '') return undefined;
  for (const attribute of attributes) applyAttribute(cookie, attribute);
  return cookie;
}

function applyAttribute(cookie, attribute) {
  const at = attribute.indexOf('=');
  const name = (at === -1 ? attribute : attribute.slice(0, at)).trim().toLowerCase();
  const value = at === -1 ? '' : attribute.slice(at + 1).trim();
  switch (name) {
    case 'expires': {
      const time = new Date(value);
      if (!Number.isNaN(time.getTime())) cookie.expires = time;
      break;
    }
    case 'max-age':
      if (/^-?\d+$/.test(value)) cookie.maxAge = Number(value);
      break;
    case 'domain':
      if (value !== '') cookie.domain = value.replace(/^\./, '').toLowerCase();
      break;
    case 'path':
      cookie.path = value.startsWith('/') ? value : null;
      break;
    case 'secure': cookie.secure = true; break;
    case 'httponly': cookie.httpOnly = true; break;
  }
}

function domainMatches(host, domain) {
  if (host === domain) return true;
  return host.endsWith(`.${domain}`) && !/^[\d.]+$/.test(host);
}

function pathMatches(path, prefix) {
  if (path === prefix) return true;
  return path.startsWith(prefix) && (prefix.endsWith('/') || path[prefix.length] === '/');
}

function defaultPath(path) {
  const end = path.lastIndexOf('/');
  return end <= 0 ? '/' : path.slice(0, end);
}

export class Jar {
  #cookies = [];

  setCookie(cookieOrText, uri, options = {}) {
    const url = new URL(uri);
    const cookie = cookieOrText instanceof Cookie ? cookieOrText : parseCookie(cookieOrText);
    if (cookie === undefined) return undefined;
    const host = url.hostname.toLowerCase();
    cookie.hostOnly = cookie.domain === null || cookie.domain === host;
    cookie.domain ??= host;
    if (!domainMatches(host, cookie.domain) || (!cookie.hostOnly && !cookie.domain.includes('.'))) {
      if (options.ignoreError) return undefined;
      throw new Error(`Cookie not in this host's domain. Cookie:${cookie.domain} Request:${host}`);
    }
    cookie.path ??= defaultPath(url.pathname);
    if (cookie.maxAge !== null) cookie.expires = new Date(Date.now() + cookie.maxAge * 1000);
    const same = (other) => other.key === cookie.key && other.domain === cookie.domain && other.path === cookie.path;
    const kept = cookie.isExpired(new Date()) ? [] : [cookie];
    const at = this.#cookies.findIndex(same);
    // RFC 6265, section 5.3: one that is set again keeps its place.
    if (at === -1) this.#cookies.push(...kept);
    else this.#cookies.splice(at, 1, ...kept);
    return cookie;
  }

  getCookies(uri) {
    const url = new URL(uri);
    const host = url.hostname.toLowerCase();
    const now = new Date();
    return this.#cookies
      .filter((cookie) => (cookie.hostOnly ? host === cookie.domain : domainMatches(host, cookie.domain)))
      .filter((cookie) => pathMatches(url.pathname, cookie.path))
      .filter((cookie) => !cookie.secure || url.protocol === 'https:')
      .filter((cookie) => !cookie.isExpired(now))
      .sort((a, b) => b.path.length - a.path.length);
  }

  getCookieString(uri) {
    return this.getCookies(uri).map((cookie) => cookie.cookieString()).join('; ');
  }
}

// What `jar: true` uses.
export const sharedJar = new Jar();
