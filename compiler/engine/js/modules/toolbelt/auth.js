// The `Authorization` header: what `auth` and the URL ask for, at once or when the server challenges.
import { base64Encode, digest, hexEncode, randomFill, utf8Encode } from 'sandglass:native';

function bytes(text) {
  return utf8Encode(text.toWellFormed());
}

export class Auth {
  // From the options `{user, pass, bearer, sendImmediately}`, also by their longer names.
  constructor({ user, pass, bearer, sendImmediately = true }) {
    if (user === undefined && bearer === undefined) throw new Error('no auth mechanism defined');
    if (bearer === undefined && (typeof user !== 'string' || (pass !== undefined && typeof pass !== 'string'))) {
      throw new Error('auth() received invalid user or password');
    }
    Object.assign(this, { user, pass, bearer });
    this.sent = Boolean(sendImmediately);
  }

  // The header to send without being asked; `undefined` when the server shall ask.
  header() {
    if (!this.sent) return undefined;
    return this.bearer === undefined ? this.#basic() : this.#bearer();
  }

  // The header that answers a challenge; `undefined` when there is none or it was tried already.
  answer(challenge, method, path) {
    if (this.sent || challenge === undefined) return undefined;
    this.sent = true;
    switch (challenge.split(' ')[0].toLowerCase()) {
      case 'basic': return this.#basic();
      case 'bearer': return this.#bearer();
      case 'digest': return this.#digest(challenge, method, path);
    }
    this.sent = false;
    return undefined;
  }

  #basic() {
    return `Basic ${base64Encode(bytes(`${this.user}:${this.pass ?? ''}`), false)}`;
  }

  #bearer() {
    const token = typeof this.bearer === 'function' ? this.bearer() : this.bearer;
    return `Bearer ${token || ''}`;
  }

  // RFC 2617 with MD5 or MD5-sess, with `qop=auth` or none.
  #digest(challenge, method, path) {
    const md5 = (...parts) => hexEncode(digest('md5', bytes(parts.join(':'))));
    const given = {};
    for (const [, name, quoted, plain] of challenge.matchAll(/([a-z0-9_-]+)=(?:"([^"]+)"|([a-z0-9_-]+))/gi)) {
      given[name] = quoted ?? plain;
    }
    const { realm, nonce, algorithm, opaque } = given;
    const qop = /(^|,)\s*auth\s*($|,)/.test(given.qop) ? 'auth' : undefined;
    const nc = qop && '00000001';
    const cnonce = qop && hexEncode(randomFill(16));
    const plain = md5(this.user, realm, this.pass);
    const secret = algorithm?.toLowerCase() === 'md5-sess' ? md5(plain, nonce, cnonce) : plain;
    const action = md5(method, path);
    const response = qop ? md5(secret, nonce, nc, cnonce, qop, action) : md5(secret, nonce, action);
    const values = { username: this.user, realm, nonce, uri: path, qop, response, nc, cnonce, algorithm, opaque };
    const bare = ['qop', 'nc', 'algorithm'];
    const parts = Object.entries(values)
      .filter(([, value]) => value)
      .map(([name, value]) => (bare.includes(name) ? `${name}=${value}` : `${name}="${value}"`));
    return `Digest ${parts.join(', ')}`;
  }
}
