import type { Headers } from '@alongside/kernel/answer';
import type { Refuse } from '@alongside/kernel/errors';
import type { HttpRequest } from '@alongside/kernel/http';
import type { Log } from '@alongside/kernel/log';
import type { AuditLog } from '../../storage/audit.ts';
import type { Database, Statement } from '../../storage/database.ts';
import type { ClientRegistration, Profile, StoredApplication } from '../applications.ts';
import type { ProofNonces } from '../dpop.ts';
import type { Parameters } from '../parameters.ts';
import type { PushedRequests } from '../pushed-requests.ts';
import type { TokenRecord } from '../token-records.ts';
import type { Tokens } from '../tokens.ts';
import type {
  AuthenticationFailure,
  AuthenticationServer,
  FormCall,
} from './client-authentication/method.ts';
import type { ProfileRules } from './profile.ts';
import type { resourceErrors } from './resource-errors.ts';

/** A client and the application that registered it. */
export interface RegisteredClient {
  readonly application: StoredApplication;
  readonly registration: ClientRegistration & { readonly applicationType: 'web' | 'native' };
}

/** The context of steps behind client authentication. A server adds its own members. */
export interface WithClient {
  readonly client: RegisteredClient;
}

/** The context of the first steps of an endpoint that clients call. */
export interface ClientCall<K extends WithClient = WithClient> extends FormCall {
  readonly server: AuthorizationServer<K>;
}

/** The errors that the core refuses with; each server words them in its own catalogue. */
export type ServerFailure =
  | AuthenticationFailure
  | 'dpopProofInvalid'
  | 'dpopNonceNeeded'
  | 'certificateMissing'
  | 'formExpected'
  | 'formMalformed'
  | 'parameterRepeated'
  | 'tokenMissing'
  | 'grantMissing'
  | 'grantUnsupported'
  | 'codeMissing'
  | 'codeInvalid'
  | 'refreshMissing'
  | 'refreshInvalid'
  | 'tokenScope'
  | 'requestObjectInvalid'
  | 'requestNotPushed'
  | 'requestNotSigned'
  | 'redirectMissing'
  | 'redirectUnknown'
  | 'responseTypeMissing'
  | 'responseTypeUnsupported'
  | 'responseModeUnsupported'
  | 'challengeMissing'
  | 'challengeMethodAlone'
  | 'challengeInvalid'
  | 'keyInvalid'
  | keyof typeof resourceErrors;

/** The public addresses of an endpoint: its own, and the one for clients with a certificate (RFC 8705 section 5). */
export type Addresses = readonly [string, ...string[]];

/** The tokens of one authorization, as the audit log names them. */
export interface Family {
  readonly family: string;
  readonly uid: string | null;
  readonly sid: string | null;
  readonly applicationId?: string;
}

/** A requirement that a client may register for itself, where its profile leaves it open. */
export type Requirement = 'pushed' | 'signed' | 'dpop' | 'certificate';

/** An authorization server: its settings, its catalogue and its stores. The steps of the core find it in their context. */
export interface AuthorizationServer<K extends WithClient = WithClient> extends AuthenticationServer<K> {
  readonly addresses: Readonly<Record<'token' | 'pushed' | 'userinfo', Addresses>>;
  readonly profiles: Readonly<Partial<Record<Profile, ProfileRules>>>;
  readonly errors: Readonly<Record<ServerFailure, Refuse>>;
  requires(client: K['client'], requirement: Requirement): boolean;
  /** Which answers have the nonce of the next DPoP proof. */
  readonly announcesNonces: 'always' | 'to-proofs';
  /** Whether a code that is used twice ends its tokens. */
  readonly revokesReusedCodes: boolean;

  /** Parameters that a form may have more than once. */
  readonly repeatable: readonly string[];
  /** Throws for a parameter that is too long. */
  checkLengths(parameters: Parameters): void;
  /** The same for the parameters of a request object. */
  checkObjectLengths(parameters: Parameters): void;
  /** Returns the registered algorithm of request objects; empty for each that the profile allows. */
  requestAlgorithmOf(registration: K['client']['registration']): string | undefined;
  redirectUrisOf(registration: K['client']['registration']): readonly string[];
  readonly tokenHeaders: Headers;

  /** Counts a request that creates a row without client authentication. Throws beyond the limit. */
  admitUnauthenticated(request: HttpRequest): Promise<void>;
  /** Records the event of a pushed request, if the server has one. */
  notePushed?(client: K['client'], parameters: Parameters, requestUri: string): void;

  /** The audit record of tokens that were refused to an authenticated client. */
  readonly refusedTokens: {
    readonly action: 'cis2.tokens-refused' | 'authorisation.tokens-refused';
    readonly detail: { readonly base?: string };
  };
  /** Returns the audit record of revoked tokens. */
  revocationStatement(family: Family, cause: 'client' | 'code-reused' | 'refresh-token-reused'): Statement;
  /** Records the event of a revocation. */
  noteRevocation(client: K['client'], record: TokenRecord): void;

  mayInspect(client: K['client'], record: TokenRecord): boolean | Promise<boolean>;
  /** Returns the members of a live token (RFC 7662 section 2.2). */
  describeToken(record: TokenRecord): Record<string, unknown> | Promise<Record<string, unknown>>;

  readonly audit: AuditLog;
  readonly database: Database;
  readonly log: Log;
  readonly tokens: Tokens;
  readonly pushed: PushedRequests;
  /** Nonces that DPoP proofs must carry, if any. */
  readonly proofNonces: ProofNonces | undefined;
}
