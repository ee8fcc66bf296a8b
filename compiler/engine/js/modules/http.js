// `require('http')`: the client. There are no servers in a lambda.
import { Agent } from 'sandglass:http/agent';
import { ClientRequest as Request, requestOptions } from 'sandglass:http/client';
import { validateHeaderName, validateHeaderValue } from 'sandglass:http/headers';
import { IncomingMessage } from 'sandglass:http/incoming';
import { namespace } from 'sandglass:native';
import { METHODS, STATUS_CODES } from 'sandglass:http/status_codes';

const PROTOCOL = 'http:';

export class ClientRequest extends Request {
  constructor(...args) {
    super(requestOptions(...args), PROTOCOL);
  }
}

export function request(...args) {
  return new ClientRequest(...args);
}

export function get(...args) {
  return request(...args).end();
}

export const globalAgent = new Agent({ keepAlive: true });

export { Agent, IncomingMessage, METHODS, STATUS_CODES, validateHeaderName, validateHeaderValue };

export default {
  Agent, ClientRequest, IncomingMessage, METHODS, STATUS_CODES, get, globalAgent, request, validateHeaderName,
  validateHeaderValue,
  // What servers write, for frameworks that look for it.
  get OutgoingMessage() { return namespace('sandglass:http/outgoing').OutgoingMessage; },
  get ServerResponse() { return namespace('sandglass:http/server_response').ServerResponse; },
};
