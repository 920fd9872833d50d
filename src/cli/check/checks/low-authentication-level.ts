import { refusesSignIn } from '../refusal.ts';

export const lowAuthenticationLevel = refusesSignIn({
  name: 'cis2-low-authentication-level',
  fault: 'id-token-low-authentication-level',
  does: 'the ID token has authentication_assurance_level 1',
  source: 'NHS CIS2 Authentication, Authenticator guidance for developers; NIST SP 800-63C-4 section 2.1',
});
