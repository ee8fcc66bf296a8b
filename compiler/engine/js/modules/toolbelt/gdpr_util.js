// What `Toolbelt.GDPRUtil()` returns: puts another file in the place of those of a conversation.
import { base64Decode } from 'sandglass:native';
import { located } from 'sandglass:toolbelt/call_site';
import { join, urlOf } from 'sandglass:toolbelt/domain_api';
import { httpClient } from 'sandglass:toolbelt/http_client';

// A black pixel.
const PIXEL = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR42mNgAAAAAgAB5Sfe/AAAAABJRU5ErkJggg==';

export function blackPixel() {
  return { body: base64Decode(PIXEL), contentType: 'image/png' };
}

// Where the files of a conversation lie, as far as they are to be replaced.
export function filePaths(messages, shouldReplace) {
  return messages
    .filter(({ type }) => type === 'HOSTED_FILE')
    .map(({ messageData }) => messageData?.file?.relativePath)
    .filter((path) => path !== undefined && shouldReplace(path));
}

async function authorize(store, { username, password }) {
  try {
    const { headers } = await httpClient()({
      uri: `${store}/auth/v1.0`,
      headers: { 'X-Auth-User': username, 'X-Auth-Key': password },
      resolveWithFullResponse: true,
    });
    return headers['x-auth-token'];
  } catch (error) {
    throw new Error(`Unable to authorize at Swift: ${error.message}`);
  }
}

async function replace(path, credentials, { body, contentType }) {
  try {
    const store = await urlOf('swift');
    const token = await authorize(store, credentials);
    const headers = { 'content-type': contentType, 'x-auth-token': token };
    await httpClient().put({ uri: join(store, path), headers, body });
  } catch (error) {
    throw new Error(`Unable to replace image ${path}: ${error.message}`);
  }
}

// Every file has its turn; of those that failed, the first in the conversation is told.
export async function settled(replacements) {
  const outcomes = await Promise.allSettled(replacements);
  const failure = outcomes.find(({ status }) => status === 'rejected');
  if (failure) throw failure.reason;
}

class GDPRUtil {
  async replaceConversationFiles(conversation, credentials, shouldReplace = () => true, file = blackPixel()) {
    if (!conversation) throw new Error('Please provide conversation object.');
    const { conversationHistoryRecords = [] } = conversation;
    const messages = conversationHistoryRecords.flatMap(({ messageRecords }) => messageRecords ?? []);
    const paths = filePaths(messages, shouldReplace);
    return located(async () => {
      await settled(paths.map((path) => replace(path, credentials, file)));
      return paths;
    });
  }
}

export function gdprUtil() {
  return new GDPRUtil();
}
