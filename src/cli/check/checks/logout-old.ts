import { refusesLogout } from '../ended-session.ts';

export const logoutOld = refusesLogout({
  name: 'cis2-logout-old-token',
  fault: 'logout-token-old',
  does: 'that was made a day ago',
  source: 'OpenID Connect Back-Channel Logout 1.0 section 2.6',
});
