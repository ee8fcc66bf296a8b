// `require('https')`: the client. The host checks certificates, and no option switches that off.
import { Agent as HttpAgent } from 'sandglass:http/agent';
import { ClientRequest, requestOptions } from 'sandglass:http/client';

const PROTOCOL = 'https:';

// What tells connections apart, in the order of Node.js.
const NAMED = [
  'ca', 'cert', 'clientCertEngine', 'ciphers', 'key', 'pfx', 'rejectUnauthorized', 'servername', 'minVersion',
  'maxVersion', 'secureProtocol', 'crl', 'honorCipherOrder', 'ecdhCurve', 'dhparam', 'secureOptions',
  'sessionIdContext', 'sigalgs', 'privateKeyIdentifier', 'privateKeyEngine',
];
const ALSO_FALSE = ['rejectUnauthorized', 'honorCipherOrder', 'secureOptions'];

function named(options, name) {
  const value = options[name];
  if (value === undefined || (!value && !ALSO_FALSE.includes(name))) return '';
  if (name === 'servername' && value === options.host) return '';
  return name === 'sigalgs' ? JSON.stringify(value) : String(value);
}

const TlsAgent = class Agent extends HttpAgent {
  defaultPort = 443;
  protocol = PROTOCOL;

  getName(options = {}) {
    return [super.getName(options), ...NAMED.map((name) => named(options, name))].join(':');
  }
};

// `Agent()` makes one, too.
export const Agent = new Proxy(TlsAgent, { apply: (target, thisArg, args) => new target(...args) });
TlsAgent.prototype.constructor = Agent;

export function request(...args) {
  return new ClientRequest(requestOptions(...args), PROTOCOL);
}

export function get(...args) {
  return request(...args).end();
}

export const globalAgent = new Agent({ keepAlive: true });

export default { Agent, get, globalAgent, request };
