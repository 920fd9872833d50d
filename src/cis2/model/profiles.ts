import type { Cis2Registration, Profile } from '../../oauth/applications.ts';
import type { ProfileRules } from '../../oauth/server/profile.ts';

/** The rules for clients of one profile at CIS2. */
export interface Cis2ProfileRules extends ProfileRules {
  /** Pushed requests, request objects and bound tokens (RFC 9126, RFC 9101, RFC 9449, RFC 8705): the published service has none. */
  extended: boolean;
  /** FAPI 2.0 section 5.3.2: every request is pushed, every token bound to its sender, every proof key sent. */
  strict: boolean;
}

const secrets = ['client_secret_post', 'client_secret_basic'];
const strong = ['private_key_jwt', 'tls_client_auth', 'self_signed_tls_client_auth'];

export const profileRules: Readonly<Record<Profile, Cis2ProfileRules>> = {
  nhs: {
    authenticationMethods: [...secrets, 'private_key_jwt'],
    algorithms: ['RS256', 'RS512', 'ES256', 'PS256'],
    // The published service requires its token endpoint as audience, and the kid always.
    assertion: { audience: 'token-endpoint', needsKid: true, longestAhead: 300 },
    senderConstraint: 'off',
    requestObjects: 'off',
    extended: false,
    strict: false,
  },
  standard: {
    authenticationMethods: ['none', ...secrets, ...strong],
    algorithms: ['RS256', 'RS512', 'ES256', 'PS256', 'EdDSA'],
    assertion: { audience: 'issuer', needsKid: false, longestAhead: 300 },
    senderConstraint: 'allowed',
    requestObjects: 'allowed',
    extended: true,
    strict: false,
  },
  fapi2: {
    authenticationMethods: strong,
    algorithms: ['PS256', 'ES256', 'EdDSA'],
    assertion: { audience: 'issuer', needsKid: false, longestAhead: 300 },
    senderConstraint: 'required',
    requestObjects: 'with-nbf',
    extended: true,
    strict: true,
  },
};

export const rulesOf = ({ profile }: Cis2Registration): Cis2ProfileRules => profileRules[profile];

/** Whether this client must push its authorization requests (RFC 9126 section 6). */
export const mustPush = (registration: Cis2Registration): boolean =>
  rulesOf(registration).strict ||
  (rulesOf(registration).extended && registration.pushedRequests === 'required');

/** Whether this client must sign its authorization requests (RFC 9101 section 10.5). */
export const mustSign = (registration: Cis2Registration): boolean =>
  rulesOf(registration).extended && registration.signedRequests === 'required';
