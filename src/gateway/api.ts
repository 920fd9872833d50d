import type { Answer } from '@alongside/kernel/answer';
import type { Refusal } from '@alongside/kernel/errors';
import type { Party } from '@alongside/kernel/events';
import type { Incoming } from '@alongside/kernel/http';
import type { StoredApplication } from '../oauth/applications.ts';
import type { RateLimits } from '../oauth/products.ts';
import type { TokenRecord } from '../oauth/token-records.ts';
import type { Statement } from '../storage/database.ts';
import type { HeaderMap } from './headers.ts';

/** A request to a back end. The gateway creates every identity header in it. */
export interface BackEndRequest {
  method: string;
  /** Path below the API's base path, percent-encoding unchanged. */
  path: string;
  query: string;
  headers: HeaderMap;
  body: string;
  /** The body as a stream, for an API with a back end that reads it. */
  incoming?: Incoming | undefined;
  messageId: string;
  /** Id of the calling application; undefined on an open path. */
  application?: string | undefined;
  /** The client's header Prefer, which no back end gets. */
  prefer?: string | undefined;
  /** The client's Authorization on a path without a token, which no back end forwards. */
  authorization?: string | undefined;
  /** How the request shows that a page of another origin causes it; undefined for all others. */
  foreignPage?: string | undefined;
  /** Adds a warning to the events and the log of the call. */
  note?: (warning: string) => void;
  /** Records a change in the audit log. */
  change?: ChangeRecorder;
  /** Set beyond a limit of the operation: the refusal, unless the request repeats an earlier one. Nothing is carried out. */
  over?: Refusal | undefined;
}

/** Records a change of a back end in the audit log. */
export interface ChangeRecorder {
  /** Returns the audit record for the batch of the change. */
  recordStatement(facts: ChangeFacts): Statement;
  /** Reports that the batch was executed. Otherwise the call is recorded like any other. */
  done(): void;
  /** Reports that nothing changed, because the response is that of an earlier request with the same X-Request-ID. */
  repeated(): void;
}

/** Versions before and after a change. */
export interface ChangeFacts {
  before: number;
  version: number;
  /** The patient, if the call itself does not name one. */
  subject?: string;
}

/** Description of a call for the audit log, besides its caller. */
export interface AuditedCall {
  action: 'api.called' | 'patient.read' | 'patient.searched' | 'patient.changed' | 'patient.change-repeated';
  /** NHS number of the patient that it concerns. */
  subject?: string;
  facts?: { count?: number; version?: number; before?: number };
}

/** A call as its API describes it. */
export interface AnsweredCall {
  verb: string;
  path: string;
  query: string;
  answer?: Answer;
  /** Whether the response is that of an earlier request, and nothing changed. */
  isRepetition?: boolean | undefined;
}

/** The protected API itself. Its errors and 5xx responses are never shown to clients. */
export type BackEnd = (request: BackEndRequest) => Answer | Promise<Answer>;

/** How a user's role is passed to the back end. */
export interface RolePolicy {
  /** Header of the resulting role, in lower case. Clients request a role in NHSD-Session-URID. */
  header: string;
}

/** An application with the scopes of a token. Its access depends on nothing else, and is compiled once for both. */
export interface Holder {
  scopes: ReadonlySet<string>;
  application: StoredApplication;
}

/** Data known after the token was accepted. */
export interface Caller extends Holder {
  token: TokenRecord;
}

/** An access mode, with the API's own name for it. */
export interface AccessMode {
  name: string;
  /** Returns whether the token or the application has this mode. Scopes are compared as whole tokens. */
  granted: ((holder: Holder) => boolean) & { readonly scopes?: readonly string[] };
  /** Rules for the role; null without a user. */
  role: RolePolicy | null;
}

/** A call for the rules of one API, after its access mode was determined. */
export interface Call extends Caller {
  /** The method, with GET for HEAD. */
  verb: string;
  /** Path below the base path. */
  path: string;
  query: string;
  mode: AccessMode;
  /** The user's role; empty without one. */
  role: string;
  messageId: string;
  client: HeaderMap;
}

/** An operation that a mode may not use. Checked in list order, after all other checks. */
export interface Restriction {
  /** The modes concerned. */
  modes: readonly string[];
  forbids(call: Call): boolean;
  refuse(call: Call): Refusal;
}

/** A limit of one operation for all clients together, checked before the mode. */
export interface OperationLimit {
  name: string;
  applies(verb: string, path: string): boolean;
  /** Requests in any second. */
  perSecond: number;
}

/** An allowed path, with its name in logs and events, which is never an identifier. */
export interface AllowedPath {
  name: string;
  pattern: RegExp;
}

/** The paths of an API, for one kind of access. */
export interface PathSet {
  readonly names: readonly string[];
  find(verb: string, path: string): { readonly name: string } | undefined;
}

export const pathSet = (allowed: readonly AllowedPath[] = []): PathSet => ({
  names: allowed.map(({ name }) => name),
  find: (_, path) => allowed.find(({ pattern }) => pattern.test(path)),
});

/** The error format of an API. */
export interface ErrorRenderer {
  /** Returns the response to an error of the gateway; for others, the catch-all. */
  render(refusal: Refusal, messageId: string): Answer;
  /** Returns whether the response mirrors the client's X-Request-ID and X-Correlation-ID. */
  mirrors(refusal: Refusal): boolean;
}

export interface ApiDefinition {
  /** In order of privilege, the least first; the last granted one applies. */
  modes: readonly AccessMode[];
  refusedScopes: readonly { scope: string; refuse(): Refusal }[];
  /** The mode of a token without a matching scope while the published default is on; null for an API without this default. */
  legacyMode: string | null;
  /** Paths that need no token. */
  open: PathSet;
  /** Paths that an application may call with its API key alone, in the header `apikey` (level 0), instead of a token. */
  keyed: PathSet;
  paths: PathSet;
  requestId: 'ignored' | 'optional' | 'required';
  /** Whether X-Request-ID and X-Correlation-ID get the platform's names on the way to the back end. */
  swapsIds: boolean;
  asid: 'ignored' | 'sent';
  /** Protected header names that this API accepts from clients, in lower case. */
  takes: readonly string[];
  /** More header names that only the gateway sets, in lower case; never accepted from clients or shown to them. */
  owns?: readonly string[];
  /** Headers that the back end always gets, empty if the call has no such value, in lower case. */
  always?: readonly string[];
  /** Whether the back end gets the identity of the caller also as a signed JWT. */
  signsIdentity?: boolean;
  /** Throws the refusal of a call with an API key that breaks a rule of the API. */
  checkKeyed?(application: StoredApplication, client: HeaderMap): void;
  /** Headers for a call with an API key. Refuses an application that lacks what they need. */
  injectKeyed?(application: StoredApplication, messageId: string): Readonly<Record<string, string>>;
  /** Headers that identify the caller to the back end; undefined ones are omitted. */
  inject: Readonly<Record<string, (call: Call) => string | undefined>>;
  restrictions: readonly Restriction[];
  /** Returns why a token without a mode is too weak for the API; undefined if it lacks something else. */
  tooWeak?(call: Pick<Call, 'token' | 'scopes'>): Refusal | undefined;
  /** Describes a call for the audit log; calls of an API without it are `api.called`. */
  audited?(call: AnsweredCall): AuditedCall;
  /** Changes the query for the back end. */
  adjustQuery?(call: Call): string;
  /** Limits for all clients together; null for none. */
  limits: RateLimits | null;
  operationLimits: readonly OperationLimit[];
  /** Whether the back end stores responses by X-Request-ID, and returns them beyond `operationLimits`. */
  answersRepeated?: boolean;
  errors: ErrorRenderer;
  /** Headers and methods of the CORS pre-flight; with `origins`, pages of these may also read the responses. */
  cors: {
    headers: readonly string[];
    methods: readonly string[];
    origins?: '*' | readonly string[];
    exposed?: readonly string[];
  };
  /** The journey event of a call to the back end; null for none. */
  event: { party: Party; name(verb: string): string } | null;
  /** The `checks` of `/_status`. */
  checks(health: Health): Record<string, unknown>;
  /** Maximum body in bytes; the listener's limit by default. */
  bodyLimit?: number;
  backEnd: BackEnd;
  /** Its title, for the metadata of protected resources. */
  title?: string;
}

/** A protected API at its address. */
export interface Api extends ApiDefinition {
  /** Its name in products. */
  name: string;
  basePath: string;
  /** Whether it was added as a definition, and its challenges name its metadata (RFC 9728 section 5.1). */
  isDefined?: boolean;
}

/** State of the back end, for `/_status`. */
export interface Health {
  healthy: boolean;
  /** Public address of the API. */
  address: string;
}

/** Returns whether the caller has one of these scopes. */
export const anyOf = (...scopes: readonly string[]): AccessMode['granted'] =>
  Object.assign(({ scopes: held }: Holder): boolean => scopes.some((scope) => held.has(scope)), { scopes });

/** Published pre-flight headers of the platform's own proxies. */
export const platformCors = {
  headers: ['origin', 'x-requested-with', 'accept', 'content-type', 'authorization'],
  methods: ['GET', 'PUT', 'POST', 'DELETE'],
};

/** Returns a scope of the platform for one API (NHSDigital/pytest-nhsd-apim): the family of the sign-in, its level, the API. */
export const userScope = (
  family: 'user-nhs-id' | 'user-nhs-cis2' | 'user-nhs-login',
  level: string,
  api: string,
): string => `urn:nhsd:apim:${family}:${level}:${api}`;

/** Returns the scope of an application without a user, after a signed assertion. */
export const applicationScope = (api: string): string => `urn:nhsd:apim:app:level3:${api}`;

/** Returns a check of `/_status`, in the format of the published proxies. */
export const checkOf = ({ healthy }: Health, link: string): object => ({
  status: healthy ? 'pass' : 'fail',
  timeout: 'false',
  responseCode: healthy ? 200 : 503,
  outcome: healthy ? 'ok' : 'storage does not answer',
  links: { self: link },
});
