// Where the parts of a URL begin in its address, as `util.inspect` with `showHidden` tells it.

const OMITTED = 0xffff_ffff;
const SCHEMES = ['http:', '', 'https:', 'ws:', 'ftp:', 'wss:', 'file:'];

class URLContext {
  get hasPort() {
    return this.port !== OMITTED;
  }

  get hasSearch() {
    return this.search_start !== OMITTED;
  }

  get hasHash() {
    return this.hash_start !== OMITTED;
  }
}

/** What Node.js keeps of a URL. */
export function contextOf({ href, protocol, username, password, hostname, port, search, hash }) {
  const scheme = SCHEMES.indexOf(protocol);
  const user = protocol.length + (href.startsWith('//', protocol.length) ? 2 : 0);
  const usernameEnd = user + username.length;
  const hostStart = usernameEnd + (password ? password.length + 1 : 0);
  const hostEnd = hostStart + (username || password ? 1 : 0) + hostname.length;
  return Object.assign(new URLContext(), {
    href,
    protocol_end: protocol.length,
    username_end: usernameEnd,
    host_start: hostStart,
    host_end: hostEnd,
    pathname_start: hostEnd + (port ? port.length + 1 : 0),
    search_start: search ? href.length - hash.length - search.length : OMITTED,
    hash_start: hash ? href.length - hash.length : OMITTED,
    port: port ? Number(port) : OMITTED,
    scheme_type: scheme === -1 ? 1 : scheme,
  });
}
