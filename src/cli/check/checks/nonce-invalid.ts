import { warning } from '../check.ts';
import { refusesSignIn } from '../refusal.ts';

export const nonceInvalid = refusesSignIn({
  name: 'oidcc-client-test-nonce-invalid',
  fault: 'id-token-wrong-nonce',
  does: 'the ID token has another nonce than the application sent',
  source: 'OpenID Connect Core 1.0 section 3.1.3.7 item 11; RFC 9700 section 2.1.1',
  unfit: ({ known }) =>
    known.request && !known.request.get('nonce')
      ? warning('It sends no nonce, so it cannot see that an ID token belongs to another sign-in.')
      : undefined,
});
