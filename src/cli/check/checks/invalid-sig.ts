import { refusesSignIn } from '../refusal.ts';

export const invalidSig = refusesSignIn({
  name: 'oidcc-client-test-invalid-sig-rs256',
  fault: 'id-token-wrong-signature',
  does: 'the signature of the ID token does not hold',
  source: 'OpenID Connect Core 1.0 section 3.1.3.7 item 6',
});
