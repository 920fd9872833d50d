import { refusesLogout } from '../ended-session.ts';

export const logoutWrongEvent = refusesLogout({
  name: 'oidcc-client-test-rp-backchannel-rpinitlogout-wrong-event',
  fault: 'logout-token-wrong-event',
  does: 'with another event',
  source: 'OpenID Connect Back-Channel Logout 1.0 section 2.6',
});
