import { refusesLogout } from '../ended-session.ts';

export const logoutInvalidSig = refusesLogout({
  name: 'cis2-logout-invalid-signature',
  fault: 'logout-token-wrong-signature',
  does: 'with an invalid signature',
  source: 'OpenID Connect Back-Channel Logout 1.0 section 2.6',
});
