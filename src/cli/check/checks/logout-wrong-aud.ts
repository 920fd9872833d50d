import { refusesLogout } from '../ended-session.ts';

export const logoutWrongAud = refusesLogout({
  name: 'oidcc-client-test-rp-backchannel-rpinitlogout-wrong-aud',
  fault: 'logout-token-wrong-audience',
  does: 'for another client',
  source: 'OpenID Connect Back-Channel Logout 1.0 section 2.6',
});
