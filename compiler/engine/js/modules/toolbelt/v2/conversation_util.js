// What `Toolbelt.ConversationUtil()` returns in the second generation.
import { located } from 'sandglass:toolbelt/call_site';
import { LpServices } from 'sandglass:toolbelt/constants';
import { scan, searchBody, searchPath } from 'sandglass:toolbelt/conversation_util';
import { accountId } from 'sandglass:toolbelt/domain_api';
import { ErrorCodes } from 'sandglass:toolbelt/error_codes';
import { readAnswer, unexpected } from 'sandglass:toolbelt/v2/answer';
import { failing, ToolBeltError, told, withCause } from 'sandglass:toolbelt/v2/error';
import { lpClient } from 'sandglass:toolbelt/v2/lp_client';

const COMPONENT = 'Conversation-Util';
const { General, NotFound, UnexpectedResponse } = ErrorCodes.ConversationUtil;

function failed(code, message) {
  return new ToolBeltError(COMPONENT, code, message);
}

async function search(conversationId, contentToRetrieve) {
  const response = await lpClient()(LpServices.MSG_HIST, `${searchPath(accountId())}&company=lp&source=FaaS_Toolbelt`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(searchBody(conversationId, contentToRetrieve)),
  });
  const { text, value: conversation } = await readAnswer(response);
  if (!conversation?._metadata || !Array.isArray(conversation.conversationHistoryRecords)) {
    throw failed(UnexpectedResponse, `Unexpected response: ${unexpected(text, response)}`);
  }
  if (conversation.conversationHistoryRecords.length === 0) {
    throw failed(NotFound, `Conversation "${conversationId}" not found.`);
  }
  return conversation;
}

class ConversationUtil {
  getConversationById(conversationId, contentToRetrieve) {
    return located(async () => {
      if (!conversationId) throw failed(General, 'Please provide a conversation ID.');
      return search(conversationId, contentToRetrieve);
    }, failing(COMPONENT, General, (cause) => withCause(cause, (error) => {
      return `Error while fetching conversation "${conversationId}": ${told(error)}`;
    })));
  }

  scanConversationForKeywords(conversation, keywords) {
    const messages = conversation?.conversationHistoryRecords?.[0]?.messageRecords;
    if (!messages) throw failed(General, 'Please provide conversation object with message records.');
    if (!keywords || keywords.length === 0) throw failed(General, 'Please provide array containing keywords.');
    return scan(messages, keywords);
  }
}

export function conversationUtil() {
  return new ConversationUtil();
}
