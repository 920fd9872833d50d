import { refusesLogout } from '../ended-session.ts';

export const logoutWrongAlg = refusesLogout({
  name: 'oidcc-client-test-rp-backchannel-rpinitlogout-wrong-alg',
  fault: 'logout-token-wrong-algorithm',
  does: 'signed by another algorithm than the registered one',
  source: 'OpenID Connect Back-Channel Logout 1.0 section 2.6',
});
