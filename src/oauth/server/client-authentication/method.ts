import type { X509Certificate } from 'node:crypto';
import type { Activity } from '@alongside/kernel/activity';
import type { Clock } from '@alongside/kernel/clock';
import type { Refuse } from '@alongside/kernel/errors';
import type { HttpRequest } from '@alongside/kernel/http';
import type { RefusalFacts } from '@alongside/kernel/refusal-facts';
import type { SingleUse } from '../../../storage/single-use.ts';
import type { ClientRegistration, Profile } from '../../applications.ts';
import type { CertificateSubject } from '../../certificate-subject.ts';
import type { OneTimeValue } from '../../client-assertion.ts';
import type { ClientRevocations } from '../../client-revocations.ts';
import type { NetworkLimit } from '../../network-limit.ts';
import type { Parameters } from '../../parameters.ts';
import type { RemoteKeys } from '../../remote-keys.ts';
import type { AuthenticationRules } from '../profile.ts';

/** A request with the parameters of its form. */
export interface FormCall {
  readonly request: HttpRequest;
  readonly parameters: Parameters;
}

/** The context of steps behind client authentication. */
export interface WithRegistration {
  readonly client: { readonly registration: ClientRegistration };
}

export type AuthenticationFailure =
  | 'clientUnauthenticated'
  | 'assertionInvalid'
  | 'clientMethods'
  | 'networkBusy';

/** A server as far as it authenticates clients. */
export interface AuthenticationServer<K extends WithRegistration = WithRegistration> {
  readonly issuer: string;
  readonly addresses: {
    readonly token: readonly [string, ...string[]];
    readonly pushed?: readonly string[];
  };
  readonly profiles: Readonly<Partial<Record<Profile, AuthenticationRules>>>;
  readonly errors: Readonly<Record<AuthenticationFailure, Refuse>>;
  readonly methods: readonly ClientAuthenticationMethod[];
  /** Kind under which used `jti` values are stored: never rename. */
  readonly assertionJtiKind: string;
  /** Returns the context of a client that may authenticate here, and names it in the log. */
  findClient(clientId: string, seen?: Activity): Promise<K | undefined>;
  /** Returns the certificate subject that the client registered for `tls_client_auth`. */
  certificateSubjectOf(client: K['client']): CertificateSubject;

  readonly clock: Clock;
  readonly singleUse: SingleUse;
  readonly clientKeys: RemoteKeys;
  /** Authorities of `tls_client_auth`, and their revocation lists. */
  readonly clientAuthorities: readonly X509Certificate[];
  readonly clientRevocations: ClientRevocations | undefined;
  /** Counts failures by network. */
  readonly failures: NetworkLimit;
}

export interface Credentials {
  /** The client id that they claim; undefined when it cannot be read. */
  readonly clientId: string | undefined;
  /** Returns why they are not valid, or undefined when valid, or a value to claim when valid. Writes nothing. */
  verify(
    client: WithRegistration['client'],
    server: AuthenticationServer,
  ): Verification | Promise<Verification>;
}

/** Why credentials are not valid: the reason for the log, and the same for people. */
export interface Invalid {
  readonly reason: string;
  readonly facts: RefusalFacts;
}

export type Verification = string | Invalid | OneTimeValue | undefined;

export interface ClientAuthenticationMethod {
  /** Its values of `token_endpoint_auth_method`. */
  readonly ids: readonly string[];
  /** The part of a request that carries the credentials; a request may use one. */
  readonly place: 'header' | 'secret' | 'assertion' | 'connection';
  readonly failure: 'clientUnauthenticated' | 'assertionInvalid';
  isUsed(call: FormCall): boolean;
  /** Reads the credentials of a request that uses this method. */
  read(call: FormCall): Credentials;
}
