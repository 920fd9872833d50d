import { refusesLogout } from '../ended-session.ts';

export const logoutAlgNone = refusesLogout({
  name: 'oidcc-client-test-rp-backchannel-rpinitlogout-alg-none',
  fault: 'logout-token-unsigned',
  does: 'with the algorithm "none" and no signature',
  source: 'OpenID Connect Back-Channel Logout 1.0 section 2.6',
});
