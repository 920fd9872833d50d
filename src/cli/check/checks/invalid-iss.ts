import { refusesSignIn } from '../refusal.ts';

export const invalidIss = refusesSignIn({
  name: 'oidcc-client-test-invalid-iss',
  fault: 'id-token-wrong-issuer',
  does: 'the ID token names another issuer',
  source: 'OpenID Connect Core 1.0 section 3.1.3.7 item 2',
});
