// What `Toolbelt.SecretClient()` returns in the second generation: it keeps what it has read for a while.
import { secretRead, secretUpdate } from 'sandglass:native';
import { located } from 'sandglass:toolbelt/call_site';
import { ErrorCodes } from 'sandglass:toolbelt/error_codes';
import { failing, ToolBeltError } from 'sandglass:toolbelt/v2/error';

const COMPONENT = 'SecretClient';
const SYSTEM_PREFIX = 'LIVEPERSON_DEFAULT_';
const VALUE_LENGTH_MAX = 16_384;
const TIME_TO_LIVE_MS = 5 * 60 * 1000;
const TIMEOUT_MS = 5_000;

function failed(code, message) {
  return new ToolBeltError(COMPONENT, code, message);
}

// What this invocation has read: `{json, until}` by key, for all of its clients.
const kept = new Map();

// What the operation resolves to, unless its time is over before; `what` says what could not be done.
async function within(timeout, operation, what) {
  const late = failed(ErrorCodes.Secret.Timeout, `Failed to ${what} within ${timeout}ms`);
  let timer;
  const over = new Promise((_, reject) => { timer = globalThis.setTimeout(reject, timeout, late); });
  try {
    return await Promise.race([operation, over]);
  } finally {
    globalThis.clearTimeout(timer);
  }
}

function stringify(value) {
  try {
    return JSON.stringify(value) ?? 'null';
  } catch (error) {
    throw failed(ErrorCodes.Secret.Invalid, `Provided secret value cannot be stringified: ${error.message}`);
  }
}

// The text that the host answered with; throws where it refused.
function accept([kind, text], key) {
  switch (kind) {
    case 'ok': return text;
    case 'failed': throw new Error(text);
    case 'invalid': throw failed(ErrorCodes.Secret.Invalid, text);
    default: throw failed(ErrorCodes.Secret.NotFound, `There is no secret ${key} for this account`);
  }
}

function unexpected(doing, key) {
  return failing(COMPONENT, ErrorCodes.Secret.Failure, ({ message }) => `${doing} secret ${key} failed: ${message}`);
}

// The JSON text of a value that may be stored.
function storable(key, value) {
  if (key.startsWith(SYSTEM_PREFIX)) {
    throw failed(ErrorCodes.Secret.SystemSecret, 'You are not allowed to update secrets added by the system');
  }
  const json = stringify(value).toWellFormed();
  if (json.length <= VALUE_LENGTH_MAX) return json;
  throw failed(ErrorCodes.Secret.Invalid, 'Provided secret value exceeds allowed length of 16kb');
}

class SecretClient {
  #timeToLive;

  constructor(timeToLive) {
    this.#timeToLive = timeToLive;
  }

  readSecret(key, { useCache = true, timeout = TIMEOUT_MS } = {}) {
    return located(async () => {
      const found = useCache ? kept.get(key) : undefined;
      if (found?.until > Date.now()) return { key, value: JSON.parse(found.json) };
      const answer = await within(timeout, secretRead(`${key}`.toWellFormed()), `read secret ${key}`);
      return { key, value: JSON.parse(this.#keep(key, accept(answer, key))) };
    }, unexpected('Reading', key));
  }

  updateSecret({ key, value }, { timeout = TIMEOUT_MS } = {}) {
    return located(async () => {
      const json = storable(key, value);
      accept(await within(timeout, secretUpdate(key.toWellFormed(), json), `update secret ${key}`), key);
      this.#keep(key, json);
      return { key, value };
    }, unexpected('Updating', key));
  }

  #keep(key, json) {
    kept.set(key, { json, until: Date.now() + this.#timeToLive });
    return json;
  }
}

export function secretClient(options) {
  return new SecretClient(options?.cache?.ttl ?? TIME_TO_LIVE_MS);
}
