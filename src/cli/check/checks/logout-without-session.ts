import { refusesLogout } from '../ended-session.ts';

export const logoutWithoutSession = refusesLogout({
  name: 'cis2-logout-without-session',
  fault: 'logout-token-without-session',
  does: 'that names neither session nor person',
  source: 'OpenID Connect Back-Channel Logout 1.0 section 2.6',
});
