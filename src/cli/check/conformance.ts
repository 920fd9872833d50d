import type { Check } from './check.ts';
import { discoveryChecks } from './checks/endpoints.ts';
import { keyCacheChecks, keyChangeChecks } from './checks/keys.ts';
import { logoutChecks, signOutChecks } from './checks/sign-out.ts';
import { signingChecks } from './checks/signing.ts';

/** What an application has to show before it may use CIS2. */
export interface ConformanceRow {
  readonly id: string;
  readonly requirement: string;
  /** Public sources. */
  readonly source: string;
  /** Names of the checks that show it. */
  readonly checks: readonly string[];
  /** How to show what no check can see; undefined if the checks are enough. */
  readonly byHand?: string;
}

const namesOf = (checks: readonly Check[]): string[] => checks.map(({ name }) => name);
const cis2 = (page: string): string => `NHS CIS2 Authentication, ${page}`;
const clockByHand = (time: string): string =>
  `Show it with the application's own clock, or with one that follows the instance: alongside clock advance ${time}.`;

/**
 * The list of NHS England is not public. These rows follow its public guidance for developers and the code of applications that
 * passed.
 */
export const conformanceRows: readonly ConformanceRow[] = [
  {
    id: 'server-side-client',
    requirement: 'A server redeems the code, and no browser or desktop program calls the token endpoint.',
    source: cis2('Security considerations'),
    checks: ['oidcc-client-test'],
  },
  {
    id: 'tls',
    requirement:
      'Connections use TLS 1.2 or newer with approved cipher suites, and the server name is verified.',
    source: `${cis2('Security considerations')}; RFC 9325; RFC 9525`,
    checks: [],
    byHand: 'Show the TLS settings of the application and of what stands in front of it.',
  },
  {
    id: 'discovery-and-keys',
    requirement: 'The discovery document and the keys are read at run time, and again for an unknown key.',
    source: 'OpenID Connect Discovery 1.0 section 4; OpenID Connect Core 1.0 section 10.1',
    checks: namesOf([...keyChangeChecks, ...keyCacheChecks, ...discoveryChecks]),
  },
  {
    id: 'state',
    requirement: 'The state cannot be guessed, belongs to the browser that began, and serves once.',
    source: 'RFC 6749 section 10.12; RFC 9700 section 4.7',
    checks: ['cis2-state-changed', 'cis2-state-of-another-browser', 'cis2-code-replayed'],
  },
  {
    id: 'id-token',
    requirement: 'The ID token is verified: signature, issuer, audience, times and nonce.',
    source: 'OpenID Connect Core 1.0 section 3.1.3.7',
    checks: [
      'oidcc-client-test-invalid-iss',
      'oidcc-client-test-invalid-aud',
      'oidcc-client-test-missing-sub',
      'oidcc-client-test-missing-iat',
      'oidcc-client-test-idtoken-sig-none',
      'oidcc-client-test-invalid-sig-rs256',
      'oidcc-client-test-nonce-invalid',
      'cis2-expired-id-token',
      'cis2-unknown-key',
    ],
  },
  {
    id: 'userinfo-subject',
    requirement: 'Userinfo is used only if its subject is that of the ID token.',
    source: 'OpenID Connect Core 1.0 section 5.3.2',
    checks: ['oidcc-client-test-userinfo-invalid-sub'],
  },
  {
    id: 'identity-level',
    requirement: 'The identity assurance level is at least 3.',
    source: `${cis2('Scopes and claims')}; NIST SP 800-63C-4 section 2.1`,
    checks: ['cis2-low-identity-level'],
  },
  {
    id: 'authentication-level',
    requirement: 'The authentication assurance level is at least the one that the application needs.',
    source: cis2('Authenticator guidance for developers'),
    checks: ['cis2-low-authentication-level'],
  },
  {
    id: 'fresh-sign-in',
    requirement: 'A fresh sign-in is requested with max_age or prompt, and auth_time is checked.',
    source: 'OpenID Connect Core 1.0 sections 3.1.2.1 and 3.1.3.7',
    checks: ['cis2-fresh-sign-in-asked', 'cis2-stale-auth-time'],
  },
  {
    id: 'minimum-scopes',
    requirement: 'Only scopes with claims that the application uses are requested.',
    source: `${cis2('Scopes and claims')}; UK GDPR article 5(1)(c)`,
    checks: ['cis2-minimum-scopes'],
    byHand: 'Say for each scope which of its claims the application uses.',
  },
  {
    id: 'inactivity',
    requirement: 'A session without use ends after 15 minutes.',
    source: cis2('Session management'),
    checks: [],
    byHand: clockByHand('15m'),
  },
  {
    id: 'longest-session',
    requirement: 'A session ends after 12 hours.',
    source: cis2('Session management'),
    checks: [],
    byHand: clockByHand('12h'),
  },
  {
    id: 'back-channel-logout',
    requirement: 'The session ends when CIS2 ends it, and only a valid logout token ends one.',
    source: 'OpenID Connect Back-Channel Logout 1.0 section 2.6',
    checks: [...namesOf(logoutChecks), 'combined-card-removed'],
  },
  {
    id: 'sign-out',
    requirement: 'Users find the sign-out; it destroys the session at the server and signs them out at CIS2.',
    source: 'OpenID Connect RP-Initiated Logout 1.0 sections 2 and 3; OWASP ASVS 5.0, 7.4.1',
    checks: [...namesOf(signOutChecks), 'combined-sign-out'],
  },
  {
    id: 'client-keys',
    requirement: 'The client authenticates with a private key; a new key is published before it signs.',
    source: `${cis2('Key management')}; OpenID Connect Core 1.0 section 9`,
    checks: [],
    byHand: 'Show where the private key is stored, the published key set, and a change of the key.',
  },
  {
    id: 'roles',
    requirement: 'The user chooses and changes the role; one without a role gets a page that says so.',
    source: cis2('Role selection'),
    checks: ['cis2-person-without-role'],
    byHand: 'Show how users change the role, and the page for a role without access.',
  },
  {
    id: 'cookies',
    requirement: 'The session cookie has Secure, HttpOnly and SameSite, and changes at the sign-in.',
    source: `${cis2('Session management')}; OWASP ASVS 5.0, 3.3 and 7.2.4`,
    checks: ['cis2-session-cookie', 'cis2-new-session-at-sign-in'],
  },
  {
    id: 'errors',
    requirement: 'Errors of CIS2 are shown without markup of others, with a way to try again.',
    source: 'OpenID Connect Core 1.0 section 3.1.2.6; RFC 9110 section 15.6.4',
    checks: ['cis2-error-response', 'cis2-token-endpoint-unavailable', 'combined-token-endpoint-unavailable'],
  },
  {
    id: 'signing',
    requirement:
      'An application that prescribes signs with the Digital Signature Service, and uses only signatures that it received.',
    source:
      'NHSDigital/electronic-prescription-service-api, packages/tool/site/server/src/services/communication/live-signing-client.ts; OWASP ASVS 5.0, 16.5.3',
    checks: namesOf(signingChecks),
    byHand: 'Only for applications that prescribe: run the checks with --sign.',
  },
  {
    id: 'button',
    requirement: 'The button and the wording are those of the design guidance.',
    source: cis2('Sign in design patterns'),
    checks: [],
    byHand: 'Show the page where users choose to sign in.',
  },
];
