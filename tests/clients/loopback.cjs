// Where do the platform's hosts lead while a test runs? To the server under test, on loopback.
//
// Loaded by `node --require` before a package that is under test. It maps the platform's names, with
// the ports 80 and 443, to the ports of the test's server, and refuses whatever else is not on this
// machine. The packages stay as they were published.

'use strict';

const net = require('node:net');

const PLATFORM = /(^|\.)(liveperson\.net|lpcloud\.io)$/;
const LOOPBACK = /^(127\.\d+\.\d+\.\d+|::1|localhost)$/;
const PORTS = { 80: process.env.TEST_HTTP_PORT, 443: process.env.TEST_HTTPS_PORT };

/** Where a connection goes, or why it goes nowhere. */
function destination({ host = 'localhost', port, path }) {
  if (path || LOOPBACK.test(host)) return { host, port };
  const mapped = PLATFORM.test(host) ? PORTS[port] : undefined;
  if (mapped) return { host: '127.0.0.1', port: Number(mapped) };
  const error = new Error(`connect ECONNREFUSED ${host}:${port}: it is beyond loopback`);
  return { error: Object.assign(error, { code: 'ECONNREFUSED' }) };
}

/** The arguments of `connect` in the forms that `net` and its callers use. */
function normalized(first, ...more) {
  if (Array.isArray(first)) return first;
  const callback = more.findLast((one) => typeof one === 'function');
  if (typeof first === 'object') return [first, callback];
  const host = typeof more[0] === 'string' ? more[0] : undefined;
  return Number.isNaN(Number(first)) ? [{ path: first }, callback] : [{ port: Number(first), host }, callback];
}

const connect = net.Socket.prototype.connect;
net.Socket.prototype.connect = function connectOnLoopback(...args) {
  const [options, callback] = normalized(...args);
  const { error, ...where } = destination(options);
  if (error) {
    process.nextTick(() => this.destroy(error));
    return this;
  }
  return connect.call(this, { ...options, ...where }, callback ?? undefined);
};
