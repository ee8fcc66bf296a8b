// Type definitions of `lp-faas-toolbelt` as Sandglass has it; docs/toolbelt.md says what each does.

/** The options of request-promise that the client understands. */
export interface RequestOptions {
  uri?: string;
  url?: string;
  baseUrl?: string;
  method?: string;
  headers?: Record<string, string | number | undefined>;
  qs?: Record<string, any>;
  body?: any;
  form?: Record<string, any> | string;
  formData?: Record<string, any>;
  json?: boolean | object;
  auth?: { user?: string; username?: string; pass?: string; password?: string; bearer?: string | (() => string) };
  encoding?: string | null;
  gzip?: boolean;
  followRedirect?: boolean | ((response: any) => boolean);
  followAllRedirects?: boolean;
  maxRedirects?: number;
  timeout?: number;
  /** Whether a status other than 2xx rejects; it does by default. */
  simple?: boolean;
  /** Whether the response is given instead of its body. */
  resolveWithFullResponse?: boolean;
  [option: string]: any;
}

type Send = {
  (options: RequestOptions): Promise<any>;
  (url: string, options?: RequestOptions): Promise<any>;
};

/** request-promise's interface. */
export type HTTPClient = Send & Record<'get' | 'post' | 'put' | 'patch' | 'del' | 'delete' | 'head' | 'options', Send> & {
  jar(): any;
  cookie(text: string): any;
  defaults(options: RequestOptions): HTTPClient;
};

export interface SecretClient {
  readSecret(key: string): Promise<Secret>;
  updateSecret(secret: Secret): Promise<Secret>;
}

/** Calls a service of LivePerson by its name, signed with an app key from the secrets. */
export type LpClient = (
  service: string, path: string, options?: RequestOptions & { appKeySecretName?: string }) => Promise<any>;

type QueryCallback = (error: Error | null, result: any) => void;

/** A `Connection` of jsforce, whose methods take a callback as well. */
export interface SalesforceConnection {
  query(soql: string, callback: QueryCallback): any;
  query(soql: string, options?: Record<string, any>): any;
  queryMore(locator: string, callback: QueryCallback): any;
  queryMore(locator: string, options?: Record<string, any>): any;
  sobject(type: string): any;
  [member: string]: any;
}

export class SecretError extends Error {
  code: string;
}

export const ErrorCodes: Record<string, Record<string, string>>;

/** A conversation's history, as the messaging history API gives it. */
export interface Conversation {
  conversationHistoryRecords?: Array<Record<string, any>>;
  [field: string]: any;
}

/** A message that contains a keyword. */
export interface KeywordMatch {
  message: string;
  sentTimestamp: number;
  sentBy: string;
  /** `keywordRef:` and the keyword. */
  tag: string;
}

/** Engagement attributes of a conversation, the oldest first. */
export interface ConversationSDEs {
  sdes: { events: Array<Record<string, any>> };
  unAuthSdes: { events: Array<Record<string, any>> };
}

export interface ConversationUtil {
  getConversationById(conversationId: string, contentToRetrieve?: string[]): Promise<Conversation>;
  scanConversationForKeywords(conversation: Conversation, keywords: string[]): KeywordMatch[];
}

export interface SDEUtil {
  addSDEs(sdes: Array<Record<string, any>>, visitorId: string, sessionId: string): Promise<void>;
  getSDEsFromConv(conversation: Conversation): ConversationSDEs;
}

/** One call of another lambda of the account. */
export interface LambdaInvocation {
  /** The UUID of the lambda; its name will do. */
  uuid: string;
  payload?: unknown;
  headers?: Record<string, string>;
  /** How often to try again; 3 unless told otherwise. */
  retries?: number;
  /** Whether to try again; without it, after 429, 500, 502, 504 and when there was no answer. */
  retryFunction?: (statusCode: number | undefined, error: { code: string; message: string }) => boolean;
}

export interface LambdaResult {
  uuid: string;
  body?: any;
  headers?: Record<string, string>;
  statusCode?: number;
  error?: { code: string; message: string };
}

export interface OrchestratorClient {
  /** Calls lambdas, one after the other unless `invokeParallel`; `deadline` is in milliseconds, at most 25,000. */
  invoke(
    invocations: LambdaInvocation[],
    deadline: number,
    options?: {
      /** Milliseconds for each attempt. */
      timeout?: number;
      errorStrategy?: 'ExitOnError' | 'ContinueOnError';
      invokeParallel?: boolean;
      /** Whether JSON is parsed; true unless told otherwise. */
      json?: boolean;
    },
  ): Promise<LambdaResult[]>;
}

/** A certificate of the lambda and its key, in PEM. */
export interface ClientTLS {
  /** Certificates that lead to an authority may follow. */
  cert: string | Uint8Array;
  /** Without a passphrase. */
  key: string | Uint8Array;
  /** Authorities that may vouch for the server, or certificates of the server itself. */
  ca?: string | Uint8Array;
}

export interface MTLSOptions {
  /** Milliseconds until the request is given up. */
  timeout?: number;
  /** Whether the body is sent as JSON and the answer parsed, where it is JSON. */
  json?: boolean;
  /** Changes nothing: the server's certificate is always checked. Pass it, or its authority's, as `ca`. */
  allowSelfSigned?: boolean;
}

export interface MTLSResponse {
  statusCode: number;
  headers: Record<string, string>;
  body?: any;
}

type MTLSSend = (
  url: string, headers?: Record<string, string>, body?: unknown, options?: MTLSOptions) => Promise<MTLSResponse>;
type MTLSAsk = (url: string, headers?: Record<string, string>, options?: MTLSOptions) => Promise<MTLSResponse>;

/** Requests to servers that ask the lambda for a certificate. Any status resolves, no redirect is followed. */
export type MTLSClient = Record<'get' | 'post' | 'put' | 'patch' | 'delete', MTLSSend>
  & Record<'head' | 'options', MTLSAsk>;

export interface GDPRUtil {
  /** Returns the paths of the files that were replaced. */
  replaceConversationFiles(
    conversation: Conversation,
    credentials: { username: string; password: string },
    shouldReplace?: (path: string) => boolean,
    replacementFile?: { body: Uint8Array; contentType: string },
  ): Promise<string[]>;
}

export interface Namespace {
  name: string;
  createdAt: Date;
  ttlSecond?: number;
}

export type Properties = Record<string, unknown>;

/** The Context Session Store. */
export interface ContextServiceClient {
  createNamespace(namespace: string, options?: { ttl?: number }): Promise<Namespace>;
  deleteNamespace(namespace: string): Promise<void>;
  getListOfNamespaces(): Promise<Namespace[]>;
  setPropertiesInNamespace(namespace: string, properties: Properties, session?: string): Promise<any>;
  updatePropertiesInNamespace(namespace: string, properties: Properties, session?: string): Promise<any>;
  getAllPropertiesInSession(namespace: string, session?: string): Promise<any>;
  getSelectedPropertiesInSession(namespace: string, names: string[], session?: string): Promise<any>;
  getPropertyInSession(namespace: string, name: string, session?: string): Promise<any>;
  deletePropertyInSession(namespace: string, name: string, session?: string): Promise<void>;
  deleteSession(namespace: string, session?: string): Promise<void>;
  getListOfSessions(namespace: string): Promise<string[]>;
}

/** A secret; a value that is JSON comes parsed. */
export interface Secret {
  key: string;
  value: any;
}

export const LpServices: {
  readonly MSG_HIST: 'msgHist';
  readonly AGENT_VEP: 'agentVep';
  readonly ACCOUNT_CONFIG_READ_ONLY: 'accountConfigReadOnly';
  readonly ACCOUNT_CONFIG_READ_WRITE: 'accountConfigReadWrite';
  readonly ASYNC_MESSAGING: 'asyncMessaging';
  readonly ASYNC_MESSAGING_EN: 'asyncMessagingEnt';
  readonly ENG_HIST_DOMAIN: 'engHistDomain';
  readonly RTBF: 'rtbf';
  readonly AUDITLOG: 'auditlog';
  readonly SMT: 'smt';
  readonly PUSHER: 'pusher';
  readonly LE_DATA_REPORTING: 'leDataReporting';
  readonly MSG_EWT_API: 'msgEwtAPI';
  readonly MSDKGW: 'msdkgw';
};

export const ConversationContentTypes: {
  readonly INFO: 'info';
  readonly SDES: 'sdes';
  readonly UNAUTH_SDES: 'unAuthSdes';
  readonly CAMPAIGN: 'campaign';
  readonly MESSAGE_RECORDS: 'messageRecords';
  readonly AGENT_PARTICIPANTS: 'agentParticipants';
  readonly AGENT_PARTICIPANTS_ACTIVE: 'agentParticipantsActive';
  readonly AGENT_PARTICIPANTS_LEAVE: 'agentParticipantsLeave';
  readonly CONSUMER_PARTICIPANTS: 'consumerParticipants';
  readonly TRANSFERS: 'transfers';
  readonly INTERACTIONS: 'interactions';
  readonly MESSAGE_SCORES: 'messageScores';
  readonly MESSAGE_STATUSES: 'messageStatuses';
  readonly SKILL_CHANGES: 'skillChanges';
  readonly CONVERSATION_SURVEYS: 'conversationSurveys';
  readonly COBROWSE_SESSIONS: 'coBrowseSessions';
  readonly SUMMARY: 'summary';
  readonly MONITORING: 'monitoring';
  readonly DIALOGS: 'dialogs';
  readonly RESPONSE_TIME: 'responseTime';
  readonly INTENTS: 'intents';
  readonly UNIQUE_INTENTS: 'uniqueIntents';
  readonly LATEST_AGENT_SURVEY: 'latestAgentSurvey';
  readonly PREVIOUSLY_SUBMITTED_AGENT_SURVEYS: 'previouslySubmittedAgentSurveys';
};

export const SDETypes: {
  readonly CART: 'cart';
  readonly TRANSACTION: 'purchase';
  readonly VIEWED_PRODUCT: 'prodView';
  readonly CUSTOMER_INFO: 'ctmrinfo';
  readonly MARKETING_SOURCE: 'mrktInfo';
  readonly PERSONAL_INFO: 'personal';
  readonly LEAD: 'lead';
  readonly SERVICE_ACTIVITY: 'service';
  readonly VISITOR_ERROR: 'error';
  readonly SEARCHED_CONTENT: 'searchInfo';
};

export const ErrorStrategy: {
  readonly EXIT_ON_ERROR: 'ExitOnError';
  readonly CONTINUE_ON_ERROR: 'ContinueOnError';
};

export class Toolbelt {
  static HTTPClient(): HTTPClient;
  static SecretClient(): SecretClient;
  static SFClient(): {
    connectToSalesforce(options: Record<string, any>): SalesforceConnection;
  };
  static ContextServiceClient(config: { accountId: string; apiKey: string }): ContextServiceClient;
  static LpClient(): LpClient;
  static MTLSClient(config: ClientTLS): MTLSClient;
  static OrchestratorClient(): OrchestratorClient;
  static ConversationUtil(): ConversationUtil;
  static SDEUtil(): SDEUtil;
  static GDPRUtil(): GDPRUtil;
}
