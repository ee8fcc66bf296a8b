// What `Toolbelt.LpClient()` returns: calls of LivePerson's services, found by name and signed.
import { queryText } from 'sandglass:toolbelt/body';
import { located } from 'sandglass:toolbelt/call_site';
import { join, urlOf } from 'sandglass:toolbelt/domain_api';
import { httpClient } from 'sandglass:toolbelt/http_client';
import { authorization } from 'sandglass:toolbelt/oauth1';
import { secretClient } from 'sandglass:toolbelt/secret_client';

const DEFAULT_APP_KEY = 'lp-faas-default-app-key';
const APP_KEY_PARTS = ['consumerKey', 'consumerSecret', 'token', 'tokenSecret'];

async function readAppKey(name) {
  try {
    const { value } = await secretClient().readSecret(name);
    const missing = APP_KEY_PARTS.filter((part) => typeof value?.[part] !== 'string');
    if (missing.length > 0) throw new Error(`Secret ${name} must be JSON with ${missing.join(', ')}`);
    return value;
  } catch (error) {
    throw new Error(`Could not fetch App Key credentials from secret storage: ${error.message}`);
  }
}

// The query of `qs` is part of what is signed, so it becomes part of the URL first.
function withQuery(url, { qs, useQuerystring, qsStringifyOptions }) {
  const text = qs ? queryText(qs, useQuerystring, qsStringifyOptions) : '';
  if (text === '') return url;
  return `${url}${url.includes('?') ? '&' : '?'}${text}`;
}

function formText({ form, useQuerystring, qsStringifyOptions }) {
  if (!form) return undefined;
  return typeof form === 'string' ? form : queryText(form, useQuerystring, qsStringifyOptions);
}

async function call(service, path, { appKeySecretName = DEFAULT_APP_KEY, method = 'GET', ...options }) {
  const url = withQuery(join(await urlOf(service), path), options);
  const appKey = await readAppKey(appKeySecretName);
  const signature = authorization(appKey, { method, url, form: formText(options) });
  const headers = { ...options.headers, Authorization: signature };
  return httpClient()({ ...options, uri: url, baseUrl: undefined, qs: undefined, method, headers });
}

export function lpClient() {
  return (service, path, options = {}) => located(() => call(service, path, options));
}
