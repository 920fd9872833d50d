import { refusesSignIn } from '../refusal.ts';

export const expired = refusesSignIn({
  name: 'cis2-expired-id-token',
  fault: 'id-token-expired',
  does: 'the ID token ran out a day ago',
  source: 'OpenID Connect Core 1.0 section 3.1.3.7 item 9',
});
