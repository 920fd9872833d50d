import { refusesLogout } from '../ended-session.ts';

export const logoutNoEvent = refusesLogout({
  name: 'oidcc-client-test-rp-backchannel-rpinitlogout-no-event',
  fault: 'logout-token-without-event',
  does: 'without events',
  source: 'OpenID Connect Back-Channel Logout 1.0 section 2.6',
});
