// What `Toolbelt.ContextServiceClient()` returns: the Context Session Store over its REST interface.
import { located } from 'sandglass:toolbelt/call_site';
import { httpClient } from 'sandglass:toolbelt/http_client';

const ATTEMPTS_MAX = 3;
const PAUSE_MS = 2_000;
const DEADLINE_MS = 10_000;
const DEFAULT_SESSION = '__default__';
const BUILT_IN_NAMESPACES = ['faas', 'consumer', 'custom', 'operational', 'conversation'];
const ZONES = ['z1', 'z2', 'z3'];

// Failures of the network that may be over when a request is sent again.
const PASSING = ['ECONNRESET', 'ENOTFOUND', 'ETIMEDOUT', 'ECONNREFUSED', 'EHOSTUNREACH', 'EPIPE', 'EAI_AGAIN'];

const CODES = {
  internal: 'com.liveperson.context-service-sdk.internal-server-error',
  timeout: 'com.liveperson.context-service-sdk.response-timeout',
  parameter: 'com.liveperson.context-service-sdk.parameter.invalid',
  authorization: 'com.liveperson.context-service-sdk.authorization.invalid',
  notFound: 'com.liveperson.context-service-sdk.data.does-not-exist',
};

// Spelled as the platform's first generation does; lambdas compare these texts.
const WORDING = {
  unknownCode: 'com.liveperson.context-service-sdk.unkown',
  unknown: (cause) => `Unkown Error ${cause} occured`,
  notFound: 'Requested Ressource does not exist',
  internal: 'Internal Server Error occured during processing request',
};

class SDKError extends Error {
  constructor(code, message) {
    super(message);
    this.name = 'SDKError';
    this.code = code;
  }

  toString() {
    return `SDKError: ${this.code} ${this.message}`;
  }
}

function pause(milliseconds) {
  return new Promise((resolve) => { globalThis.setTimeout(resolve, milliseconds); });
}

function invalid(message) {
  return new SDKError(CODES.parameter, message);
}

function checkNewNamespace(namespace, ttl) {
  if (!namespace) throw invalid('Namespace can not be null, undefined or empty string');
  if (BUILT_IN_NAMESPACES.includes(namespace)) throw invalid('Can not create a built-in namespace');
  if (ttl === undefined || (Number.isInteger(ttl) && ttl > 0)) return;
  throw invalid('TTL needs to be a positive integer above 0');
}

export class ContextServiceClient {
  #account;
  #apiKey;
  #findBase;
  #wording;

  // `findBase` returns the service's URL, at once or later.
  constructor({ account, apiKey, findBase, wording = WORDING }) {
    this.#account = account;
    this.#apiKey = apiKey;
    this.#findBase = findBase;
    this.#wording = wording;
  }

  createNamespace(namespace, options) {
    return this.#located(async () => {
      checkNewNamespace(namespace, options?.ttl);
      await this.#send('POST', [], { body: { name: namespace }, qs: { ttlSecond: options?.ttl } });
      const namespaces = await this.#namespaces();
      return namespaces.find(({ name }) => name === namespace);
    });
  }

  deleteNamespace(namespace) {
    return this.#located(async () => {
      if (!namespace) return;
      if (BUILT_IN_NAMESPACES.includes(namespace)) throw invalid('Can not delete a built-in namespace');
      await this.#send('DELETE', [namespace]);
    });
  }

  getListOfNamespaces() {
    return this.#located(() => this.#namespaces());
  }

  setPropertiesInNamespace(namespace, properties, session = DEFAULT_SESSION) {
    return this.#located(async () => {
      await this.#send('PATCH', [namespace, session, 'properties'], { body: properties });
      return this.#send('GET', [namespace, session, 'properties']);
    });
  }

  updatePropertiesInNamespace(namespace, properties, session) {
    return this.setPropertiesInNamespace(namespace, properties, session);
  }

  getAllPropertiesInSession(namespace, session = DEFAULT_SESSION) {
    return this.#located(() => this.#send('GET', [namespace, session, 'properties']));
  }

  // What does not exist is left out.
  getSelectedPropertiesInSession(namespace, names, session = DEFAULT_SESSION) {
    return this.#located(async () => {
      const selected = {};
      for (const name of names) {
        try {
          selected[name] = await this.#send('GET', [namespace, session, 'properties', name]);
        } catch (error) {
          if (error.code !== CODES.notFound) throw error;
        }
      }
      return selected;
    });
  }

  getPropertyInSession(namespace, name, session = DEFAULT_SESSION) {
    return this.#located(() => this.#send('GET', [namespace, session, 'properties', name]));
  }

  deletePropertyInSession(namespace, name, session = DEFAULT_SESSION) {
    return this.#located(async () => {
      await this.#send('DELETE', [namespace, session, 'properties', name]);
    });
  }

  deleteSession(namespace, session = DEFAULT_SESSION) {
    return this.#located(async () => {
      await this.#send('DELETE', [namespace, session, 'properties', '']);
    });
  }

  getListOfSessions(namespace) {
    return this.#located(() => this.#send('GET', [namespace, 'session-ids']));
  }

  #located(operation) {
    return located(operation, (cause) => this.#failure(cause));
  }

  async #namespaces() {
    const namespaces = await this.#send('GET', []);
    return namespaces.map(({ name, createdAt, ttlSecond }) => {
      const namespace = { name, createdAt: new Date(createdAt) };
      return ttlSecond ? { ...namespace, ttlSecond } : namespace;
    });
  }

  // The answer's body. Sends again when the network failed, not when the service did.
  async #send(method, path, { body, qs } = {}) {
    const segments = [this.#account, ...path].map(encodeURIComponent);
    const uri = `${await this.#findBase()}/v1/account/${segments.join('/')}`;
    for (let attempt = 1; ; attempt += 1) {
      try {
        return this.#read(await this.#exchange({ method, uri, body, qs }));
      } catch (error) {
        if (attempt === ATTEMPTS_MAX || !PASSING.includes(error.cause?.code)) throw error;
      }
      await pause(attempt * PAUSE_MS);
    }
  }

  #exchange(request) {
    return httpClient()({
      ...request,
      headers: { 'maven-api-key': this.#apiKey },
      json: true,
      timeout: DEADLINE_MS,
      followRedirect: false,
      simple: false,
      resolveWithFullResponse: true,
    });
  }

  #read({ statusCode, statusMessage, headers, body }) {
    const { unknownCode, unknown, notFound, internal } = this.#wording;
    if (statusCode >= 200 && statusCode < 300) return body;
    if (headers['x-sandglass-error'] !== undefined) throw new SDKError(unknownCode, body.trim());
    switch (statusCode) {
      case 403: throw new SDKError(CODES.authorization, 'Provided API Key is either invalid or lacks permission');
      case 404: throw new SDKError(CODES.notFound, notFound);
      case 500: case 503: throw new SDKError(CODES.internal, internal);
    }
    throw new SDKError(unknownCode, unknown(body?.message ?? statusMessage));
  }

  #failure(error) {
    if (error instanceof SDKError) return error;
    const { code, message } = error.cause ?? error;
    if (code === 'ESOCKETTIMEDOUT') {
      return new SDKError(CODES.timeout, `Request exceeded Deadline of ${DEADLINE_MS}ms`);
    }
    if (typeof code === 'string') return new SDKError(code, message);
    const { unknownCode, unknown } = this.#wording;
    return new SDKError(unknownCode, unknown(message));
  }
}

// Where the operator said that the service is, or the platform's own.
function baseUrl({ SANDGLASS_CONTEXT_SERVICE_URL: url, CONTEXT_SERVICE_ENVIRONMENT: zone = 'z1' }) {
  if (url) return url.replace(/\/+$/, '');
  if (!ZONES.includes(zone)) {
    throw new Error(`CONTEXT_SERVICE_ENVIRONMENT is "${zone}" and must be one of ${ZONES.join(', ')}`);
  }
  return `https://${zone}.context.liveperson.net`;
}

export function contextServiceClient(config) {
  if (!config) throw new Error('No valid configuration was provided');
  const { apiKey, accountId } = config;
  if (!apiKey) throw new Error('No valid API-key was provided');
  if (!accountId) throw new Error('No valid accountId was provided');
  const base = baseUrl(globalThis.process.env);
  return new ContextServiceClient({ account: accountId, apiKey, findBase: () => base });
}
