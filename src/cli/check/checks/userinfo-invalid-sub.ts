import { refusesSignIn } from '../refusal.ts';

export const userinfoInvalidSub = refusesSignIn({
  name: 'oidcc-client-test-userinfo-invalid-sub',
  fault: 'userinfo-other-subject',
  does: 'userinfo tells of another person than the ID token',
  source: 'OpenID Connect Core 1.0 section 5.3.2',
  asked: 'userinfo',
});
