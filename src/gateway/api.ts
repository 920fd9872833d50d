import type { Answer } from '@alongside/kernel/answer';
import type { Refusal } from '@alongside/kernel/errors';
import type { Party } from '@alongside/kernel/events';
import type { StoredApplication } from '../oauth/applications.ts';
import type { RateLimits } from '../oauth/products.ts';
import type { TokenRecord } from '../oauth/tokens.ts';
import type { Statement } from '../storage/database.ts';
import type { HeaderMap } from './headers.ts';

/** What a back end is asked. The gateway made every identity header in it. */
export interface BackEndRequest {
  method: string;
  /** Path below the API's base path, percent-encoding untouched. */
  path: string;
  query: string;
  headers: HeaderMap;
  body: string;
  messageId: string;
  /** The audit record of a change, for the batch that makes the change. */
  changeStatement?: (facts: ChangeFacts) => Statement;
}

/** Versions before and after a change. */
export interface ChangeFacts {
  before: number;
  version: number;
}

/** What the audit log says of a call, beside who made it. */
export interface AuditedCall {
  action: 'api.called' | 'patient.read' | 'patient.searched' | 'patient.changed';
  /** NHS number of the patient whose record it concerns. */
  subject?: string;
  facts?: { count?: number; version?: number; before?: number };
}

/** The protected API itself. What it throws, and any 5xx, is never shown to a client. */
export type BackEnd = (request: BackEndRequest) => Promise<Answer>;

/** How a role of the signed-in person reaches the back end. */
export interface RolePolicy {
  /** Header in which the client may choose and in which the back end is told, in lower case. */
  header: string;
}

/** What is known of a call once its token was accepted. */
export interface Caller {
  token: TokenRecord;
  scopes: ReadonlySet<string>;
  application: StoredApplication;
}

/** A way of access, named as the API names it. */
export interface AccessMode {
  name: string;
  /** Whether the token, or the application, has this mode. Scopes are compared as whole tokens. */
  granted(caller: Caller): boolean;
  /** Whose role is asked for; null where no person is at work. */
  role: RolePolicy | null;
}

/** A call as the rules of one API see it, after the access mode was found. */
export interface Call extends Caller {
  /** GET for a HEAD. */
  verb: string;
  /** Path below the base path. */
  path: string;
  query: string;
  mode: AccessMode;
  /** The role that the person works in; empty when there is none. */
  role: string;
  messageId: string;
  /** What the client sent. */
  client: HeaderMap;
}

/** An operation that a mode may not use. Checked in the order of the list, after all else was found right. */
export interface Restriction {
  /** Modes that it holds for. */
  modes: readonly string[];
  forbids(call: Call): boolean;
  refuse(call: Call): Refusal;
}

/** A smoothing limit of one operation for all clients together, checked before the mode. */
export interface OperationLimit {
  name: string;
  applies(verb: string, path: string): boolean;
  /** As published: `3ps`, `300pm`. */
  rate: string;
}

/** A path that the gateway lets through, with the name under which logs and events speak of it: never an identifier. */
export interface AllowedPath {
  name: string;
  pattern: RegExp;
}

/** Everything that the gateway must know of one protected API. */
export interface Api {
  /** Its name in products. */
  name: string;
  basePath: string;
  /** Least privilege first; the last one that is granted counts. */
  modes: readonly AccessMode[];
  /** Scopes that are refused outright, whatever else is there. */
  refusedScopes: readonly { scope: string; refuse(): Refusal }[];
  /** The mode that the published gateway gives to any valid token; null where there is none. */
  legacyMode: string | null;
  /** Paths that need no token. */
  open: readonly AllowedPath[];
  /** Paths that an application may call by its API key alone, in the header `apikey` (level 0), instead of a token. */
  keyed: readonly AllowedPath[];
  paths: readonly AllowedPath[];
  requestId: 'ignored' | 'optional' | 'required';
  /** Replaces X-Request-ID and X-Correlation-ID by the platform's names on the way in. */
  swapsIds: boolean;
  asid: 'ignored' | 'sent';
  /** Forgeable headers that are nevertheless the client's to say, in lower case. */
  takes: readonly string[];
  /** Headers that tell the back end who calls; those without a value are left out. */
  inject: Readonly<Record<string, (call: Call) => string | undefined>>;
  restrictions: readonly Restriction[];
  /** Describes a call for the audit log; calls of an API without it are `api.called`. */
  audited?(call: { verb: string; path: string; query: string; answer?: Answer }): AuditedCall;
  /** Changes the query on its way to the back end. */
  adjustQuery?(call: Call): string;
  /** Limits for all clients together; null means none. */
  limits: RateLimits | null;
  operationLimits: readonly OperationLimit[];
  /** Id of the form that its errors take. */
  errors: string;
  /** Headers and methods of the CORS pre-flight. */
  cors: { headers: readonly string[]; methods: readonly string[] };
  /** The arrow that a journey shows when the back end is asked; null shows none. */
  event: { party: Party; name(verb: string): string } | null;
  /** The `checks` of `/_status`. */
  checks(health: Health): Record<string, unknown>;
  backEnd: BackEnd;
}

/** How the back end is, for `/_status`. */
export interface Health {
  healthy: boolean;
  /** Public address of the API. */
  address: string;
}

/** The mode has one of these scopes. */
export const anyOf =
  (...scopes: readonly string[]) =>
  ({ scopes: held }: Caller): boolean =>
    scopes.some((scope) => held.has(scope));

/** Published pre-flight headers of the platform's own proxies. */
export const platformCors = {
  headers: ['origin', 'x-requested-with', 'accept', 'content-type', 'authorization'],
  methods: ['GET', 'PUT', 'POST', 'DELETE'],
};
