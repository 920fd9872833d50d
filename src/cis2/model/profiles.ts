import type { SigningAlgorithm } from '@alongside/kernel/jws';
import type { Cis2Half, Profile } from '../../oauth/applications.ts';

/** What a profile gives a client, and what it wants of it. */
export interface ProfileRules {
  /** Values of `token_endpoint_auth_method` with which a client gets tokens. */
  authenticationMethods: readonly string[];
  /** What client assertions and request objects may be signed with. */
  algorithms: readonly SigningAlgorithm[];
  /** Pushed requests, request objects and bound tokens (RFC 9126, RFC 9101, RFC 9449, RFC 8705): the published service has none. */
  extended: boolean;
  /** FAPI 2.0 section 5.3.2: every request is pushed, every token bound to its sender, every proof key sent. */
  strict: boolean;
}

const secrets = ['client_secret_post', 'client_secret_basic'];
const strong = ['private_key_jwt', 'tls_client_auth', 'self_signed_tls_client_auth'];

export const profileRules: Readonly<Record<Profile, ProfileRules>> = {
  nhs: {
    authenticationMethods: [...secrets, 'private_key_jwt'],
    algorithms: ['RS256', 'RS512', 'ES256', 'PS256'],
    extended: false,
    strict: false,
  },
  standard: {
    authenticationMethods: ['none', ...secrets, ...strong],
    algorithms: ['RS256', 'RS512', 'ES256', 'PS256', 'EdDSA'],
    extended: true,
    strict: false,
  },
  fapi2: {
    authenticationMethods: strong,
    algorithms: ['PS256', 'ES256', 'EdDSA'],
    extended: true,
    strict: true,
  },
};

export const rulesOf = ({ profile }: Cis2Half): ProfileRules => profileRules[profile];

/** Whether this client must push its authorization requests (RFC 9126 section 6). */
export const mustPush = (client: Cis2Half): boolean =>
  rulesOf(client).strict || (rulesOf(client).extended && client.pushedRequests === 'required');

/** Whether this client must sign its authorization requests (RFC 9101 section 10.5). */
export const mustSign = (client: Cis2Half): boolean =>
  rulesOf(client).extended && client.signedRequests === 'required';

const allowed = (client: Cis2Half, registered: string | undefined): readonly SigningAlgorithm[] =>
  rulesOf(client).algorithms.filter((algorithm) => !registered || algorithm === registered);

/** What this client may sign its assertions with: what it registered, else all that its profile has. */
export const assertionAlgorithms = (client: Cis2Half): readonly SigningAlgorithm[] =>
  allowed(client, client.signingAlg);

/** What this client may sign its request objects with. */
export const requestAlgorithms = (client: Cis2Half): readonly SigningAlgorithm[] =>
  allowed(client, client.requestObjectSigningAlg);
