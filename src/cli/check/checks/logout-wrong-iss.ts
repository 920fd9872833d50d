import { refusesLogout } from '../ended-session.ts';

export const logoutWrongIss = refusesLogout({
  name: 'oidcc-client-test-rp-backchannel-rpinitlogout-wrong-iss',
  fault: 'logout-token-wrong-issuer',
  does: 'of another issuer',
  source: 'OpenID Connect Back-Channel Logout 1.0 section 2.6',
});
