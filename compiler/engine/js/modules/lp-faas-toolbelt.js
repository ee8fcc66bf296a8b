// The toolbelt of LivePerson Functions. What a lambda is likely to use comes with it; the other clients
// are loaded by the lambda that asks for them.
import { namespace } from 'sandglass:native';
import {
  ConversationContentTypes, ErrorStrategy, LpServices, SDETypes,
} from 'sandglass:toolbelt/constants';
import { ErrorCodes } from 'sandglass:toolbelt/error_codes';
import { httpClient } from 'sandglass:toolbelt/http_client';
import { SecretError, secretClient } from 'sandglass:toolbelt/secret_client';

export {
  ConversationContentTypes, ErrorCodes, ErrorStrategy, LpServices, SDETypes, SecretError,
};

export class Toolbelt {
  static HTTPClient() {
    return httpClient();
  }

  static SecretClient() {
    return secretClient();
  }

  static SFClient() {
    return namespace('sandglass:toolbelt/sf_client').sfClient();
  }

  static ContextServiceClient(config) {
    return namespace('sandglass:toolbelt/context_service').contextServiceClient(config);
  }

  static LpClient() {
    return namespace('sandglass:toolbelt/lp_client').lpClient();
  }

  static MTLSClient(config) {
    return namespace('sandglass:toolbelt/mtls_client').mtlsClient(config);
  }

  static OrchestratorClient() {
    return namespace('sandglass:toolbelt/orchestrator_client').orchestratorClient();
  }

  static ConversationUtil() {
    return namespace('sandglass:toolbelt/conversation_util').conversationUtil();
  }

  static SDEUtil() {
    return namespace('sandglass:toolbelt/sde_util').sdeUtil();
  }

  static GDPRUtil() {
    return namespace('sandglass:toolbelt/gdpr_util').gdprUtil();
  }
}
