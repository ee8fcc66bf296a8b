// What `Toolbelt.CsdsClient()` returns: the domains of the account's services.
import { located } from 'sandglass:toolbelt/call_site';
import { domainOf, everyDomain, urlOf } from 'sandglass:toolbelt/domain_api';
import { ToolBeltError } from 'sandglass:toolbelt/v2/error';

function csdsError({ code, message }) {
  return new ToolBeltError('CSDS-Client', code, message);
}

// The URL of a service, for the other clients.
export async function findUrl(service) {
  try {
    return await urlOf(service);
  } catch (error) {
    throw csdsError(error);
  }
}

class CsdsClient {
  get(service) {
    return located(() => domainOf(service), csdsError);
  }

  // One object a service, with its name as the key.
  getAll() {
    return located(async () => {
      const domains = await everyDomain();
      return domains.map(({ service, baseURI }) => ({ [service]: baseURI }));
    }, csdsError);
  }
}

export function csdsClient() {
  return new CsdsClient();
}
