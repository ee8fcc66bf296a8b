// `http.Agent`. Every request has a connection of its own here, whatever an agent says of keeping them.
import { EventEmitter } from 'events';

export class Agent extends EventEmitter {
  defaultPort = 80;
  protocol = 'http:';

  // Requests that wait, by what `getName` calls where they go to.
  requests = {};
  sockets = {};
  freeSockets = {};

  constructor(options = {}) {
    super();
    this.options = { ...options };
    this.keepAlive = Boolean(options.keepAlive);
    this.maxSockets = options.maxSockets ?? Infinity;
    this.maxFreeSockets = options.maxFreeSockets ?? 256;
    this.maxTotalSockets = options.maxTotalSockets ?? Infinity;
  }

  getName({ host, port, localAddress, family, socketPath } = {}) {
    const parts = [host || 'localhost', port || '', localAddress || ''];
    if (family === 4 || family === 6) parts.push(family);
    if (socketPath) parts.push(socketPath);
    return parts.join(':');
  }

  destroy() {}
}

// An agent that would open the connection itself, such as one for a proxy, cannot: it must not look as
// if it did.
export function checkAgent(agent) {
  const opens = ['createConnection', 'createSocket', 'addRequest', 'connect'];
  if (agent && opens.some((method) => typeof agent[method] === 'function')) {
    throw new Error('options.agent opens connections itself, and a lambda has no sockets: leave it out');
  }
}
