// What `Toolbelt.SDEUtil()` returns in the second generation.
import { located } from 'sandglass:toolbelt/call_site';
import { LpServices } from 'sandglass:toolbelt/constants';
import { accountId } from 'sandglass:toolbelt/domain_api';
import { ErrorCodes } from 'sandglass:toolbelt/error_codes';
import { ascending, eventsPath } from 'sandglass:toolbelt/sde_util';
import { unexpected } from 'sandglass:toolbelt/v2/answer';
import { failing, ToolBeltError, told, withCause } from 'sandglass:toolbelt/v2/error';
import { lpClient } from 'sandglass:toolbelt/v2/lp_client';

const COMPONENT = 'SDE-Util';
const { General, UnexpectedResponse } = ErrorCodes.SDEsUtil;

function failed(code, message) {
  return new ToolBeltError(COMPONENT, code, message);
}

async function put(sdes, visitorId, sessionId) {
  const response = await lpClient()(LpServices.SMT, eventsPath(accountId(), visitorId, sessionId), {
    method: 'PUT',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(sdes),
  });
  if (response.ok) return;
  throw failed(UnexpectedResponse, `Unexpected response: ${unexpected(await response.text(), response)}`);
}

function ofConversation({ conversationHistoryRecords: [record] }) {
  if (record === undefined) throw failed(General, 'conversationHistoryRecords is empty');
  const { sdes, unAuthSdes } = record;
  if (sdes === undefined && unAuthSdes === undefined) throw failed(General, 'No sdes or unAuthSdes are provided');
  return { sdes: ascending(sdes?.events ?? []), unAuthSdes: ascending(unAuthSdes?.events ?? []) };
}

class SDEUtil {
  addSDEs(sdes, visitorId, sessionId) {
    return located(async () => {
      if (!sdes || sdes.length === 0) throw failed(General, 'Please provide one or more SDEs');
      await put(sdes, visitorId, sessionId);
    }, failing(COMPONENT, General, withCause));
  }

  getSDEsFromConv(conversation) {
    try {
      return ofConversation(conversation);
    } catch (cause) {
      throw failing(COMPONENT, General, (error) => `Error while getting SDEs from conversation: ${told(error)}`)(cause);
    }
  }
}

export function sdeUtil() {
  return new SDEUtil();
}
