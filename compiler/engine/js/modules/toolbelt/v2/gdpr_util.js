// What `Toolbelt.GDPRUtil()` returns in the second generation: it asks for one token for all files.
import { located } from 'sandglass:toolbelt/call_site';
import { join } from 'sandglass:toolbelt/domain_api';
import { ErrorCodes } from 'sandglass:toolbelt/error_codes';
import { blackPixel, filePaths, settled } from 'sandglass:toolbelt/gdpr_util';
import { unexpected } from 'sandglass:toolbelt/v2/answer';
import { findUrl } from 'sandglass:toolbelt/v2/csds_client';
import { failing, ToolBeltError, withCause } from 'sandglass:toolbelt/v2/error';

const COMPONENT = 'GDPR-Util';
const { General, AuthFailure, ReplaceFileFailed } = ErrorCodes.GDPRUtil;

function failed(code, message) {
  return new ToolBeltError(COMPONENT, code, message);
}

// The response of a request that succeeds; `what` and `code` say what failed when it does not.
async function send(url, options, { what, code }) {
  const response = await fetch(url, options);
  if (response.ok) return response;
  throw failed(code, `${what} failed with response: ${unexpected(await response.text(), response)}`);
}

async function authenticate(store, { username, password }) {
  const headers = { 'X-Auth-User': username, 'X-Auth-Key': password };
  try {
    const response = await send(`${store}/auth/v1.0`, { headers }, { what: 'Authentication', code: AuthFailure });
    const token = response.headers.get('x-auth-token');
    if (!token) throw failed(AuthFailure, 'No Auth token returned');
    return token;
  } catch (cause) {
    throw failing(COMPONENT, AuthFailure, (error) => `Authentication failed: ${withCause(error)}`)(cause);
  }
}

async function replace(url, token, { body, contentType }) {
  const headers = { 'content-type': contentType, 'x-auth-token': token };
  try {
    await send(url, { method: 'PUT', headers, body }, { what: 'File replacement', code: General });
  } catch (cause) {
    throw failing(COMPONENT, ReplaceFileFailed, withCause)(cause);
  }
}

async function replaceAll(conversation, credentials, shouldReplace, file) {
  const [record] = conversation.conversationHistoryRecords ?? [];
  if (record === undefined) return [];
  if (!record.messageRecords?.length) throw failed(General, 'No message records provided');
  const paths = filePaths(record.messageRecords, shouldReplace);
  if (paths.length === 0) return [];
  const store = await findUrl('swift');
  const token = await authenticate(store, credentials);
  await settled(paths.map((path) => replace(join(store, path), token, file)));
  return paths;
}

class GDPRUtil {
  replaceConversationFiles(conversation, credentials, shouldReplace = () => true, file = blackPixel()) {
    return located(() => replaceAll(conversation, credentials, shouldReplace, file), failing(COMPONENT, General));
  }
}

export function gdprUtil() {
  return new GDPRUtil();
}
