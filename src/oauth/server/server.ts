import type { X509Certificate } from 'node:crypto';
import type { Clock } from '@alongside/kernel/clock';
import type { Refusal, Refuse } from '@alongside/kernel/errors';
import type { HttpRequest } from '@alongside/kernel/http';
import type { SigningAlgorithm } from '@alongside/kernel/jws';
import type { Database, Statement } from '../../storage/database.ts';
import type { SingleUse } from '../../storage/single-use.ts';
import type { ClientHalf, Profile, StoredApplication } from '../applications.ts';
import type { CertificateSubject } from '../certificate-subject.ts';
import type { ClientRevocations } from '../client-revocations.ts';
import type { ProofNonces } from '../dpop-nonce.ts';
import type { NetworkLimit } from '../network-limit.ts';
import type { Parameters } from '../parameters.ts';
import type { PushedRequests } from '../pushed-requests.ts';
import type { RemoteKeys } from '../remote-keys.ts';
import type { TokenRecord, Tokens } from '../tokens.ts';

/** A client and the application that registered it. */
export interface RegisteredClient {
  readonly application: StoredApplication;
  readonly half: ClientHalf;
}

/** The context of steps behind client authentication. A server adds its own members. */
export interface WithClient {
  readonly client: RegisteredClient;
}

/** The context of the first steps of an endpoint that clients call. */
export interface ClientCall<K extends WithClient = WithClient> {
  readonly server: AuthorizationServer<K>;
  readonly request: HttpRequest;
  readonly parameters: Parameters;
}

/** The rules for clients of one profile. */
export interface ProfileRules {
  /** Values of `token_endpoint_auth_method`. */
  readonly authenticationMethods: readonly string[];
  /** Algorithms of client assertions and request objects. */
  readonly algorithms: readonly SigningAlgorithm[];
  /** The one audience of client assertions; the issuer by draft-ietf-oauth-rfc7523bis. */
  readonly assertionAudience: 'issuer' | 'token-endpoint';
  /** Whether an assertion must name its key even when only one fits. */
  readonly assertionNeedsKid: boolean;
  /** Whether access tokens are bound to a key (RFC 9449) or a certificate (RFC 8705). */
  readonly senderConstraint: 'off' | 'allowed' | 'required';
}

/** The part of a request that carries what a client authenticates with. */
type CredentialPlace = 'header' | 'secret' | 'assertion' | 'connection';

/** A method of client authentication: one file each in `client-authentication/`. */
export interface ClientAuthenticationMethod {
  /** Its values of `token_endpoint_auth_method`. */
  readonly ids: readonly string[];
  readonly place: CredentialPlace;
  /** The error of a failure. */
  readonly failure: 'clientUnauthenticated' | 'assertionInvalid';
  isUsed(call: ClientCall): boolean;
  /** Returns the client id that the request claims; undefined when it cannot be read. */
  claimedClient(call: ClientCall): string | undefined;
  /** Returns the reason for the log, or undefined when valid. Uses up single-use values last. */
  verify(
    call: ClientCall,
    client: RegisteredClient,
    server: AuthorizationServer,
  ): Promise<string | undefined>;
}

/** The errors that the core refuses with; each server words them in its own catalogue. */
export type ServerFailure =
  | 'clientUnauthenticated'
  | 'assertionInvalid'
  | 'clientMethods'
  | 'networkBusy'
  | 'dpopProofInvalid'
  | 'dpopNonceNeeded'
  | 'certificateMissing'
  | 'formExpected'
  | 'formMalformed'
  | 'parameterRepeated'
  | 'tokenMissing'
  | 'grantMissing'
  | 'grantUnsupported';

/** The public addresses of an endpoint: its own, and the one for clients with a certificate (RFC 8705 section 5). */
export type Addresses = readonly [string, ...string[]];

/** An authorization server: its settings, its catalogue and its stores. The steps of the core find it in their context. */
export interface AuthorizationServer<K extends WithClient = WithClient> {
  readonly issuer: string;
  readonly addresses: Readonly<Record<'token' | 'pushed', Addresses>>;
  readonly profiles: Readonly<Partial<Record<Profile, ProfileRules>>>;
  readonly errors: Readonly<Record<ServerFailure, Refuse>>;
  readonly methods: readonly ClientAuthenticationMethod[];
  /** Kind under which used `jti` values are stored: never rename. */
  readonly assertionJtiKind: string;
  /** Returns the context of a client that may authenticate here. */
  findClient(clientId: string): Promise<K | undefined>;
  /** Returns whose certificate the client registered for `tls_client_auth`. */
  certificateSubjectOf(client: K['client']): CertificateSubject;
  /** Returns whether the client registered that it gets only tokens that are bound so. */
  requiresBinding(client: K['client'], to: 'dpop' | 'certificate'): boolean;
  /** Returns whether a certificate of the connection binds tokens of the client. */
  bindsCertificate(client: K['client'], jkt: string | null): boolean;
  /** Whether a token is bound to both when a call has a proof and a binding certificate. */
  readonly bindsKeyAndCertificate: boolean;
  /** Which answers have the nonce of the next DPoP proof. */
  readonly announcesNonces: 'always' | 'to-proofs';

  /** Parameters that a form may have more than once. */
  readonly repeatable: readonly string[];
  /** Throws for a parameter that is too long. */
  checkLengths(parameters: Parameters): void;

  /** Counts a request that creates a row without client authentication. Throws beyond the limit. */
  admitUnauthenticated(request: HttpRequest): Promise<void>;
  /** Records the event of a pushed request, if the server has one. */
  notePushed?(client: K['client'], parameters: Parameters): void;

  /** Records that an authenticated client was refused tokens. */
  auditRefusedTokens(
    client: K['client'],
    request: HttpRequest,
    grant: string,
    refusal: Refusal,
  ): Promise<void>;

  /** Returns the audit record of tokens that their client revoked. */
  revocationStatement(record: TokenRecord): Statement;
  /** Records the event of a revocation. */
  noteRevocation(client: K['client'], record: TokenRecord, token: string): void;

  mayInspect(client: K['client'], record: TokenRecord): boolean | Promise<boolean>;
  /** Returns the members of a live token (RFC 7662 section 2.2). */
  describeToken(record: TokenRecord): Record<string, unknown> | Promise<Record<string, unknown>>;

  readonly clock: Clock;
  readonly database: Database;
  readonly tokens: Tokens;
  readonly pushed: PushedRequests;
  readonly singleUse: SingleUse;
  /** Nonces that DPoP proofs must carry, if any. */
  readonly proofNonces: ProofNonces | undefined;
  readonly clientKeys: RemoteKeys;
  /** Authorities of `tls_client_auth`, and what they revoked. */
  readonly clientAuthorities: readonly X509Certificate[];
  readonly clientRevocations: ClientRevocations | undefined;
  /** Counts failed client authentication by network. */
  readonly failures: NetworkLimit;
}

/** Returns the rules of a client's profile. Throws for a profile that the server does not serve. */
export function rulesOf(
  { profiles }: AuthorizationServer,
  { profile }: Pick<ClientHalf, 'profile'>,
): ProfileRules {
  const rules = profiles[profile];
  if (!rules) throw new Error(`The server has no rules of the profile ${profile}.`);
  return rules;
}

/** Returns the algorithms of a client's assertions: the registered one, if its profile allows it, or all of the profile. */
export function assertionAlgorithmsOf(
  server: AuthorizationServer,
  half: ClientHalf,
): readonly SigningAlgorithm[] {
  const { algorithms } = rulesOf(server, half);
  return !half.signingAlg ? algorithms : algorithms.filter((algorithm) => algorithm === half.signingAlg);
}
