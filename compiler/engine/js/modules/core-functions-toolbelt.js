// The toolbelt of the platform's second generation. Each client is loaded by the lambda that asks for it.
import { namespace } from 'sandglass:native';
import {
  ConversationContentTypes, ErrorStrategy, LpServices as FirstServices, SDETypes,
} from 'sandglass:toolbelt/constants';
import { ErrorCodes } from 'sandglass:toolbelt/error_codes';
import { ToolBeltError } from 'sandglass:toolbelt/v2/error';

export {
  ConversationContentTypes, ErrorCodes, ErrorStrategy, SDETypes, ToolBeltError,
};

export const LpServices = { ...FirstServices, AUDITLOG: 'auditLog' };

export class Toolbelt {
  static SecretClient(options) {
    return namespace('sandglass:toolbelt/v2/secret_client').secretClient(options);
  }

  static LpClient() {
    return namespace('sandglass:toolbelt/v2/lp_client').lpClient();
  }

  static CsdsClient() {
    return namespace('sandglass:toolbelt/v2/csds_client').csdsClient();
  }

  static ContextServiceClient(apiKey) {
    return namespace('sandglass:toolbelt/v2/context_service').contextServiceClient(apiKey);
  }

  static MTLSClient(config) {
    return namespace('sandglass:toolbelt/mtls_client').mtlsClient(config);
  }

  static LPMtlsClient() {
    return namespace('sandglass:toolbelt/v2/lp_mtls_client').lpMtlsClient();
  }

  static OrchestratorClient() {
    return namespace('sandglass:toolbelt/orchestrator_client').orchestratorClient();
  }

  static ConversationUtil() {
    return namespace('sandglass:toolbelt/v2/conversation_util').conversationUtil();
  }

  static SDEUtil() {
    return namespace('sandglass:toolbelt/v2/sde_util').sdeUtil();
  }

  static GDPRUtil() {
    return namespace('sandglass:toolbelt/v2/gdpr_util').gdprUtil();
  }
}
