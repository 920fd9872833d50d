import { refusesSignIn } from '../refusal.ts';

export const missingIat = refusesSignIn({
  name: 'oidcc-client-test-missing-iat',
  fault: 'id-token-without-issue-time',
  does: 'the ID token has no iat',
  source: 'OpenID Connect Core 1.0 section 2',
});
