import { refusesSignIn } from '../refusal.ts';

export const missingSub = refusesSignIn({
  name: 'oidcc-client-test-missing-sub',
  fault: 'id-token-without-subject',
  does: 'the ID token has no sub',
  source: 'OpenID Connect Core 1.0 section 2',
});
