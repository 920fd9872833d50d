import type { Cis2Registration, Profile } from '../../oauth/applications.ts';
import { differences, profilesOf } from '../../oauth/server/differences.ts';
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

export const profileRules: Readonly<Record<Profile, ProfileRules>> = {
  // The published service does not support pushed requests, request objects or bound tokens.
  nhs: {
    authenticationMethods: [...differences.cis2.secretMethods, 'private_key_jwt'],
    algorithms: ['RS256', 'RS512', 'ES256', 'PS256'],
    // It requires its token endpoint as audience, and always the kid.
    assertion: { audience: 'token-endpoint', needsKid: true, needsJti: true, maxAhead: 300 },
    senderConstraint: 'off',
    requestObjects: 'off',
    pushedRequests: 'off',
    pkce: 'allowed',
    responseModes: ['query', 'form_post'],
    codeRetryTime: 10_000,
    refresh: { rotates: true, retryTime: 0 },
    requires,
  },
  ...profilesOf(differences.cis2, requires),
};

export const rulesOf = ({ profile }: Cis2Registration): ProfileRules => profileRules[profile];
