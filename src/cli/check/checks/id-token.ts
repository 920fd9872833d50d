import { type Check, notRun, refusesSignIn, type SignInFault, warning } from '../check.ts';
import { asksForFreshness } from './authorization.ts';

const faults: readonly SignInFault[] = [
  {
    name: 'oidcc-client-test-invalid-iss',
    fault: 'id-token-wrong-issuer',
    does: 'the ID token names another issuer',
    source: 'OpenID Connect Core 1.0 section 3.1.3.7 item 2',
  },
  {
    name: 'oidcc-client-test-invalid-aud',
    fault: 'id-token-wrong-audience',
    does: 'the ID token is for another client',
    source: 'OpenID Connect Core 1.0 section 3.1.3.7 items 3 to 5',
  },
  {
    name: 'oidcc-client-test-missing-sub',
    fault: 'id-token-without-subject',
    does: 'the ID token has no sub',
    source: 'OpenID Connect Core 1.0 section 2',
  },
  {
    name: 'oidcc-client-test-missing-iat',
    fault: 'id-token-without-issue-time',
    does: 'the ID token has no iat',
    source: 'OpenID Connect Core 1.0 section 2',
  },
  {
    name: 'oidcc-client-test-idtoken-sig-none',
    fault: 'id-token-unsigned',
    does: 'the ID token has the algorithm "none" and no signature',
    source: 'OpenID Connect Core 1.0 section 3.1.3.7 items 6 to 8; RFC 8725 section 3.1',
  },
  {
    name: 'oidcc-client-test-invalid-sig-rs256',
    fault: 'id-token-wrong-signature',
    does: 'the signature of the ID token is invalid',
    source: 'OpenID Connect Core 1.0 section 3.1.3.7 item 6',
  },
  {
    name: 'oidcc-client-test-nonce-invalid',
    fault: 'id-token-wrong-nonce',
    does: 'the ID token has another nonce than the application sent',
    source: 'OpenID Connect Core 1.0 section 3.1.3.7 item 11; RFC 9700 section 2.1.1',
    unfit: ({ known }) =>
      known.request && !known.request.get('nonce')
        ? warning('It sends no nonce, so it cannot detect an ID token of another sign-in.')
        : undefined,
  },
  {
    name: 'cis2-expired-id-token',
    fault: 'id-token-expired',
    does: 'the ID token expired a day ago',
    source: 'OpenID Connect Core 1.0 section 3.1.3.7 item 9',
  },
  {
    name: 'cis2-stale-auth-time',
    fault: 'id-token-old-sign-in',
    does: 'the ID token has an auth_time of a day ago',
    source:
      'OpenID Connect Core 1.0 section 3.1.3.7 item 13; NHS CIS2 Authentication, changes of 25 August 2021',
    unfit: ({ known }) =>
      known.request && !asksForFreshness(known.request)
        ? notRun('It does not limit the age of a sign-in.')
        : undefined,
  },
  {
    name: 'cis2-low-authentication-level',
    fault: 'id-token-low-authentication-level',
    does: 'the ID token has authentication_assurance_level 1',
    source: 'NHS CIS2 Authentication, Authenticator guidance for developers; NIST SP 800-63C-4 section 2.1',
  },
  {
    name: 'cis2-low-identity-level',
    fault: 'id-token-low-identity-level',
    does: 'the ID token has id_assurance_level 1',
    source: 'NHS CIS2 Authentication, Scopes and claims; NIST SP 800-63C-4 section 2.1',
  },
];

export const idTokenChecks: readonly Check[] = faults.map(refusesSignIn);
