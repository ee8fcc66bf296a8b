// Where the services of the account are: the platform's domain API (CSDS) says.
import { ErrorCodes } from 'sandglass:toolbelt/error_codes';
import { httpClient } from 'sandglass:toolbelt/http_client';

const DOMAIN_API_URL = 'https://api.liveperson.net';

export class DomainError extends Error {
  constructor(code, message) {
    super(message);
    this.name = 'DomainError';
    this.code = code;
  }
}

// The account that the lambda belongs to, as each generation of the platform tells it.
export function accountId() {
  const { BRAND_ID, X_LIVEPERSON_BRAND_ID: account = BRAND_ID } = globalThis.process.env;
  if (account) return account;
  throw new DomainError(ErrorCodes.Csds.Failure, 'BRAND_ID is not set: it names the account of the lambda');
}

function baseUrl({ SANDGLASS_DOMAIN_API_URL: url, X_LIVEPERSON_CSDS_DOMAIN: domain }) {
  if (url) return url.replace(/\/+$/, '');
  return domain ? `https://${domain}` : DOMAIN_API_URL;
}

// Asks for what the domain API has below the services of the account.
function ask(path) {
  const account = encodeURIComponent(accountId());
  const services = `${baseUrl(globalThis.process.env)}/api/account/${account}/service`;
  return httpClient()({ uri: `${services}/${path}?version=1.0`, json: true });
}

function failed(cause) {
  return cause instanceof DomainError ? cause : new DomainError(ErrorCodes.Csds.Failure, cause.message);
}

// A service that the API does not know is 400 or 404 there, or has no domain.
async function ofService(service) {
  try {
    const answer = await ask(`${encodeURIComponent(service)}/baseURI.json`);
    if (answer?.baseURI) return answer.baseURI;
  } catch (error) {
    if (![400, 404].includes(error.statusCode)) throw failed(error);
  }
  throw new DomainError(ErrorCodes.Csds.NotFound, `Service "${service}" could not be found.`);
}

// `{service, baseURI}` for each service.
export async function everyDomain() {
  try {
    const { baseURIs } = await ask('baseURI.json');
    return [...baseURIs];
  } catch (error) {
    throw failed(error);
  }
}

// The domains that this invocation asked for, as promises.
const asked = new Map();

// The domain of a service, for instance `va.msghist.liveperson.net`.
export function domainOf(service) {
  if (!asked.has(service)) {
    const answer = ofService(service);
    asked.set(service, answer);
    answer.catch(() => asked.delete(service));
  }
  return asked.get(service);
}

// The URL of a service, without a slash at its end. A domain may bring its scheme, which the
// platform's own never do.
export async function urlOf(service) {
  const domain = await domainOf(service);
  const url = /^https?:\/\//.test(domain) ? domain : `https://${domain}`;
  return url.replace(/\/+$/, '');
}

// Puts a path behind a URL of a service: no path leads to another host.
export function join(url, path) {
  return `${url}/${String(path).replace(/^\//, '')}`;
}
