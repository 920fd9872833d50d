import { keyMethods, type PlatformRegistration, type Profile } from '../../oauth/applications.ts';
import { type ProfileRules, rulesOf as rulesAt } from '../../oauth/server/profile.ts';
import type { EndpointName, SecurityCheck } from '../../oauth/server/security-checks.ts';

const application: readonly SecurityCheck[] = ['client-approval', 'subscription', 'developer'];
const request: readonly SecurityCheck[] = [
  'request-object',
  'redirect-uri',
  'request-uri',
  'response-type',
  'response-mode',
  'pkce',
  'scope',
  'resources',
  'bound-key',
];

/** The same for both profiles: the checks themselves differ by the rules. */
const requires: Readonly<Partial<Record<EndpointName, readonly SecurityCheck[]>>> = {
  authorize: [
    'client',
    'pushed-request',
    'signed-request',
    ...application,
    'rate-limit',
    'network-limit',
    ...request,
    'confirmation',
  ],
  callback: [
    'state',
    'client',
    'redirect-uri',
    ...application,
    'rate-limit',
    'upstream-response',
    'id-token',
    'level',
  ],
  par: ['client-authentication', ...application, 'rate-limit', 'sender-key', 'signed-request', ...request],
  token: ['client-authentication', ...application, 'rate-limit', 'sender-key', 'sender-constraint'],
  revoke: ['client-authentication', 'rate-limit'],
  'backchannel-logout': ['logout-source', 'logout-token', 'logout-claims', 'single-use'],
  userinfo: ['access-token', 'client', 'client-approval', 'sender-constraint'],
  introspect: ['client-authentication', 'confidential-client', 'client-approval', 'developer'],
};

const standard: ProfileRules = {
  authenticationMethods: ['client_secret_basic', 'client_secret_post', ...keyMethods, 'none'],
  algorithms: ['PS256', 'ES256', 'EdDSA', 'RS256', 'RS512'],
  assertion: { audience: 'either', needsKid: false, longestAhead: 3_600 },
  senderConstraint: 'allowed',
  requestObjects: 'allowed',
  pushedRequests: 'allowed',
  pkce: 'required',
  codeRetryTime: 10_000,
  refresh: { rotates: true, retryTime: 30_000 },
  requires,
};

// FAPI 2.0 Security Profile sections 5.3.2 and 5.4.
const fapi2: ProfileRules = {
  ...standard,
  authenticationMethods: keyMethods,
  algorithms: ['PS256', 'ES256', 'EdDSA'],
  assertion: { audience: 'issuer', needsKid: false, longestAhead: 300 },
  senderConstraint: 'required',
  // FAPI 2.0 Message Signing section 5.3.1.
  requestObjects: 'with-nbf',
  pushedRequests: 'required',
  codeRetryTime: 0,
  refresh: { rotates: false, retryTime: 0 },
};

export const profiles: Readonly<Partial<Record<Profile, ProfileRules>>> = { standard, fapi2 };

/** Returns the rules of a client's profile. Throws for a profile that is not served here. */
export const rulesOf = (registration: Pick<PlatformRegistration, 'profile'>): ProfileRules =>
  rulesAt({ profiles }, registration);

/** The rules that the metadata names; clients of the other profile may use less. */
export const offered = standard;
