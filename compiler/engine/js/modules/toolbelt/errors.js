// The errors of request-promise, with the properties and messages that lambdas look at.

import { place } from 'sandglass:toolbelt/call_site';

// `site` is that of the call, which names the lambda's own line.
function describe(error, site, properties) {
  Object.assign(error, properties);
  for (const name of ['name', 'message']) {
    Object.defineProperty(error, name, { value: properties[name], enumerable: true, writable: true, configurable: true });
  }
  place(error, site);
}

export class RequestError extends Error {
  constructor(cause, { options, site }) {
    super();
    const message = String(cause);
    const response = undefined;
    describe(this, site, { name: 'RequestError', message, cause, error: cause, options, response });
  }
}

export class StatusCodeError extends Error {
  constructor(statusCode, body, { options, site }, response) {
    super();
    const message = `${statusCode} - ${JSON.stringify(body)}`;
    describe(this, site, { name: 'StatusCodeError', statusCode, message, error: body, options, response });
  }
}

export class TransformError extends Error {
  constructor(cause, { options, site }, response) {
    super();
    const message = String(cause);
    describe(this, site, { name: 'TransformError', message, cause, error: cause, options, response });
  }
}

// The libuv numbers that go with an error code.
const NUMBERS = {
  ECONNREFUSED: -111, ECONNRESET: -104, EHOSTUNREACH: -113, ENETUNREACH: -101, ETIMEDOUT: -110,
  EADDRNOTAVAIL: -99, ECONNABORTED: -103, ENETDOWN: -100, EPIPE: -32, EACCES: -13,
};

// What Node.js would have reported for a failed exchange.
export function failure({ error, detail }, url) {
  switch (error) {
    case 'dns-failed': {
      const properties = { errno: -3008, code: 'ENOTFOUND', syscall: 'getaddrinfo', hostname: detail };
      return Object.assign(new Error(`getaddrinfo ENOTFOUND ${detail}`), properties);
    }
    case 'timed-out':
      return Object.assign(new Error('ESOCKETTIMEDOUT'), { code: 'ESOCKETTIMEDOUT', connect: false });
    case 'connection-failed':
      return connectionFailure(detail);
    case 'tls-failed':
      return Object.assign(new Error(detail), { code: 'EPROTO' });
    case 'invalid-url':
      return new Error(`Invalid URI "${url}"`);
    default:
      return new Error(detail);
  }
}

// `ECONNREFUSED 127.0.0.1:80` for a connection that was not made, `ECONNRESET socket hang up` for one
// that broke.
function connectionFailure(detail) {
  const [, code, rest] = /^(E[A-Z]+) (.*)$/.exec(detail) ?? [];
  if (code === undefined) return new Error(detail);
  const errno = NUMBERS[code];
  const [, address, port] = /^([\da-f:.]+):(\d+)$/i.exec(rest) ?? [];
  if (address === undefined) {
    return Object.assign(new Error(rest), rest.startsWith('read ') ? { errno, code, syscall: 'read' } : { code });
  }
  const details = { errno, code, syscall: 'connect', address, port: Number(port) };
  return Object.assign(new Error(`connect ${detail}`), details);
}
