import { refusesSignIn } from '../refusal.ts';

export const idTokenSigNone = refusesSignIn({
  name: 'oidcc-client-test-idtoken-sig-none',
  fault: 'id-token-unsigned',
  does: 'the ID token has the algorithm "none" and no signature',
  source: 'OpenID Connect Core 1.0 section 3.1.3.7 items 6 to 8; RFC 8725 section 3.1',
});
