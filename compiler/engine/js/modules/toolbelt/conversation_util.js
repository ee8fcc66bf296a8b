// What `Toolbelt.ConversationUtil()` returns: conversations of the account, and what was said in them.
import { located } from 'sandglass:toolbelt/call_site';
import { LpServices } from 'sandglass:toolbelt/constants';
import { accountId } from 'sandglass:toolbelt/domain_api';
import { lpClient } from 'sandglass:toolbelt/lp_client';

// What people see of a message; other types have no text.
const TEXTS = {
  TEXT_PLAIN: (data) => data?.msg?.text,
  HOSTED_FILE: (data) => data?.file?.caption,
};

export function searchPath(account) {
  return `/messaging_history/api/account/${account}/conversations/conversation/search?v=2`;
}

export function searchBody(conversationId, contentToRetrieve) {
  return contentToRetrieve?.length > 0 ? { conversationId, contentToRetrieve } : { conversationId };
}

async function search(conversationId, contentToRetrieve) {
  const options = { method: 'POST', json: true, body: searchBody(conversationId, contentToRetrieve) };
  const conversation = await lpClient()(LpServices.MSG_HIST, searchPath(accountId()), options);
  if (conversation.conversationHistoryRecords.length === 0) {
    throw new Error(`Conversation "${conversationId}" not found.`);
  }
  return conversation;
}

// The messages in which a keyword, a regular expression, occurs; keyword by keyword.
export function scan(messages, keywords) {
  const texts = messages
    .filter(({ type }) => Object.hasOwn(TEXTS, type))
    .map(({ type, messageData, timeL, sentBy }) => {
      return { message: TEXTS[type](messageData) ?? '', sentTimestamp: timeL, sentBy };
    });
  return keywords.flatMap((keyword) => {
    const pattern = new RegExp(keyword, 'mi');
    const found = texts.filter(({ message }) => pattern.test(message));
    return found.map((text) => ({ ...text, tag: `keywordRef:${keyword}` }));
  });
}

class ConversationUtil {
  async getConversationById(conversationId, contentToRetrieve) {
    if (!conversationId) throw new Error('Please provide a conversation ID.');
    return located(() => search(conversationId, contentToRetrieve), ({ message }) => {
      return new Error(`Error while fetching conversation "${conversationId}": ${message}`);
    });
  }

  scanConversationForKeywords(conversation, keywords) {
    if (!conversation) throw new Error('Please provide conversation object.');
    if (!keywords || keywords.length === 0) throw new Error('Please provide array containing keywords.');
    const { conversationHistoryRecords: [{ messageRecords }] } = conversation;
    return scan(messageRecords, keywords);
  }
}

export function conversationUtil() {
  return new ConversationUtil();
}
