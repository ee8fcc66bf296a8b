// `require('https')`: the client. The host checks certificates, and no option switches that off.
import { Agent as HttpAgent } from 'sandglass:http/agent';
import { ClientRequest, requestOptions } from 'sandglass:http/client';

const PROTOCOL = 'https:';

export class Agent extends HttpAgent {
  defaultPort = 443;
  protocol = PROTOCOL;
}

export function request(...args) {
  return new ClientRequest(requestOptions(...args), PROTOCOL);
}

export function get(...args) {
  return request(...args).end();
}

export const globalAgent = new Agent({ keepAlive: true });

export default { Agent, get, globalAgent, request };
