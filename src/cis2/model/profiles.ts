import { type Cis2Registration, keyMethods, type Profile } from '../../oauth/applications.ts';
import type { ProfileRules } from '../../oauth/server/profile.ts';
import type { EndpointName, SecurityCheck } from '../../oauth/server/security-checks.ts';

const request: readonly SecurityCheck[] = [
  'signed-request',
  'request-object',
  'redirect-uri',
  'response-type',
  'scope',
  'response-mode',
  'pkce',
  'level',
  'id-token-hint',
  'bound-key',
];

/** The same for every profile: the checks themselves differ by the rules. */
const requires: Readonly<Partial<Record<EndpointName, readonly SecurityCheck[]>>> = {
  authorize: ['client', 'pushed-request', ...request, 'session', 'user'],
  par: ['client-authentication', 'client-profile', 'sender-key', ...request],
  token: ['client-authentication', 'sender-key', 'sender-constraint'],
  revoke: ['client-authentication', 'client-profile'],
  introspect: ['client-authentication', 'confidential-client', 'client-profile'],
  userinfo: ['access-token', 'client', 'sender-constraint', 'user'],
};

const secrets = ['client_secret_post', 'client_secret_basic'];

export const profileRules: Readonly<Record<Profile, ProfileRules>> = {
  // The published service does not support pushed requests, request objects or bound tokens.
  nhs: {
    authenticationMethods: [...secrets, 'private_key_jwt'],
    algorithms: ['RS256', 'RS512', 'ES256', 'PS256'],
    // It requires its token endpoint as audience, and always the kid.
    assertion: { audience: 'token-endpoint', needsKid: true, longestAhead: 300 },
    senderConstraint: 'off',
    requestObjects: 'off',
    pushedRequests: 'off',
    pkce: 'allowed',
    codeRetryTime: 10_000,
    refresh: { rotates: true, retryTime: 0 },
    requires,
  },
  standard: {
    // `none` is last in the metadata, because some libraries only try the first.
    authenticationMethods: [...secrets, ...keyMethods, 'none'],
    algorithms: ['RS256', 'RS512', 'ES256', 'PS256', 'EdDSA'],
    assertion: { audience: 'either', needsKid: false, longestAhead: 3_600 },
    senderConstraint: 'allowed',
    requestObjects: 'allowed',
    pushedRequests: 'allowed',
    pkce: 'allowed',
    codeRetryTime: 10_000,
    refresh: { rotates: true, retryTime: 30_000 },
    requires,
  },
  // FAPI 2.0 Security Profile section 5.3.2.
  fapi2: {
    authenticationMethods: keyMethods,
    algorithms: ['PS256', 'ES256', 'EdDSA'],
    assertion: { audience: 'issuer', needsKid: false, longestAhead: 300 },
    senderConstraint: 'required',
    requestObjects: 'with-nbf',
    pushedRequests: 'required',
    pkce: 'required',
    codeRetryTime: 0,
    refresh: { rotates: false, retryTime: 0 },
    requires,
  },
};

export const rulesOf = ({ profile }: Cis2Registration): ProfileRules => profileRules[profile];
