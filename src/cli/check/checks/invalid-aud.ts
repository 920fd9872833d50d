import { refusesSignIn } from '../refusal.ts';

export const invalidAud = refusesSignIn({
  name: 'oidcc-client-test-invalid-aud',
  fault: 'id-token-wrong-audience',
  does: 'the ID token is for another client',
  source: 'OpenID Connect Core 1.0 section 3.1.3.7 items 3 to 5',
});
