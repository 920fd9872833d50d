import { refusesLogout } from '../ended-session.ts';

export const logoutWithNonce = refusesLogout({
  name: 'oidcc-client-test-rp-backchannel-rpinitlogout-with-nonce',
  fault: 'logout-token-with-nonce',
  does: 'with a nonce, as an ID token has one',
  source: 'OpenID Connect Back-Channel Logout 1.0 section 2.6',
});
