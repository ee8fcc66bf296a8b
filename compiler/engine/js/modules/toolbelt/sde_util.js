// What `Toolbelt.SDEUtil()` returns: the engagement attributes (SDEs) of visitors.
import { located } from 'sandglass:toolbelt/call_site';
import { LpServices } from 'sandglass:toolbelt/constants';
import { accountId } from 'sandglass:toolbelt/domain_api';
import { lpClient } from 'sandglass:toolbelt/lp_client';

export function eventsPath(account, visitorId, sessionId) {
  const [visitor, session] = [visitorId, sessionId].map(encodeURIComponent);
  return `/api/account/${account}/monitoring/visitors/${visitor}/visits/current/events?v=1&sid=${session}`;
}

// The most recent one is the last.
export function ascending(events) {
  const order = ({ serverTimeStamp: a }, { serverTimeStamp: b }) => (a < b ? -1 : Number(a > b));
  return { events: [...events].sort(order) };
}

function ofConversation(conversation) {
  if (!conversation || !Object.hasOwn(conversation, 'conversationHistoryRecords')) {
    throw new Error('Please provide a valid conversation.');
  }
  const { conversationHistoryRecords: [{ sdes, unAuthSdes }] } = conversation;
  return { sdes: ascending(sdes?.events ?? []), unAuthSdes: ascending(unAuthSdes?.events ?? []) };
}

class SDEUtil {
  async addSDEs(sdes, visitorId, sessionId) {
    if (!sdes || sdes.length === 0) throw new Error('Please provide one or more SDEs');
    await located(async () => {
      const path = eventsPath(accountId(), visitorId, sessionId);
      await lpClient()(LpServices.SMT, path, { method: 'PUT', json: true, body: sdes });
    }, ({ message }) => new Error(`Error while setting SDEs: ${message}`));
  }

  getSDEsFromConv(conversation) {
    try {
      return ofConversation(conversation);
    } catch ({ message }) {
      throw new Error(`Error while getting SDEs from conversation: ${message}`);
    }
  }
}

export function sdeUtil() {
  return new SDEUtil();
}
