import { refusesSignIn } from '../refusal.ts';

export const lowIdentityLevel = refusesSignIn({
  name: 'cis2-low-identity-level',
  fault: 'id-token-low-identity-level',
  does: 'the ID token has id_assurance_level 1',
  source: 'NHS CIS2 Authentication, Scopes and claims; NIST SP 800-63C-4 section 2.1',
});
