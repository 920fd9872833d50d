import { notRun } from '../check.ts';
import { asksForFreshness } from '../freshness.ts';
import { refusesSignIn } from '../refusal.ts';

export const staleAuthTime = refusesSignIn({
  name: 'cis2-stale-auth-time',
  fault: 'id-token-old-sign-in',
  does: 'the ID token has an auth_time of a day ago',
  source:
    'OpenID Connect Core 1.0 section 3.1.3.7 item 13; NHS CIS2 Authentication, changes of 25 August 2021',
  unfit: ({ known }) =>
    known.request && !asksForFreshness(known.request)
      ? notRun('It asks for no fresh sign-in, so no sign-in is too old for it.')
      : undefined,
});
