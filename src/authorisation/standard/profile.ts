import type { PlatformRegistration, Profile } from '../../oauth/applications.ts';
import { differences, profilesOf } from '../../oauth/server/differences.ts';
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

const own = profilesOf(differences.platform, requires);

export const profiles: Readonly<Partial<Record<Profile, ProfileRules>>> = own;

/** Returns the rules of a client's profile. Throws for a profile that is not served here. */
export const rulesOf = (registration: Pick<PlatformRegistration, 'profile'>): ProfileRules =>
  rulesAt({ profiles }, registration);

/** The rules that the metadata names; clients of the other profile may use less. */
export const offered = own.standard;
