import { refusesSignIn } from '../refusal.ts';

export const unknownKey = refusesSignIn({
  name: 'cis2-unknown-key',
  fault: 'id-token-unknown-key',
  does: 'the ID token is signed by a key that is not in the key set',
  source: 'OpenID Connect Core 1.0 section 3.1.3.7 item 6',
});
