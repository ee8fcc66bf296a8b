// What `Toolbelt.SecretClient()` returns.
import { secretRead, secretUpdate } from 'sandglass:native';
import { callSite, place } from 'sandglass:toolbelt/call_site';
import { ErrorCodes } from 'sandglass:toolbelt/error_codes';

const VALUE_LENGTH_MAX = 10_000;

export class SecretError extends Error {
  constructor(code, message, site) {
    super(message);
    this.name = 'SecretError';
    this.code = code;
    if (site !== undefined) place(this, site);
  }
}

class SecretClient {
  #used = [];

  async readSecret(key) {
    const site = callSite();
    const [kind, text] = await secretRead(`${key}`.toWellFormed());
    if (kind === 'ok') return this.#use({ key, value: JSON.parse(text) });
    if (kind === 'failed') throw new SecretError(ErrorCodes.Secret.Failure, text, site);
    throw new SecretError(ErrorCodes.Secret.NotFound, `There is no Secret ${key} for this account`, site);
  }

  async updateSecret({ key, value }) {
    const site = callSite();
    const json = JSON.stringify(value) ?? 'null';
    const length = typeof value === 'string' ? value.length : json.length;
    if (length > VALUE_LENGTH_MAX) {
      throw new SecretError(ErrorCodes.Secret.Invalid,
        `Provided Secret Value exceeds allowed length of ${VALUE_LENGTH_MAX}`, site);
    }
    const [kind, text] = await secretUpdate(`${key}`.toWellFormed(), json.toWellFormed());
    if (kind === 'ok') return this.#use({ key, value });
    if (kind === 'invalid') throw new SecretError(ErrorCodes.Secret.Invalid, text, site);
    throw new SecretError(ErrorCodes.Secret.Failure, `Updating Secret ${key} failed`, site);
  }

  // What this client has seen, so that a caller can keep it out of what it writes.
  getUsedSecrets() {
    return this.#used.map((secret) => ({ ...secret }));
  }

  #use(secret) {
    this.#used = [...this.#used.filter(({ key }) => key !== secret.key), secret];
    return secret;
  }
}

export function secretClient() {
  return new SecretClient();
}
