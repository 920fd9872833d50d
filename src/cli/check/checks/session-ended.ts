import { type Check, failed, passed } from '../check.ts';
import { endSession, untold } from '../ended-session.ts';

export const sessionEnded: Check = {
  name: 'oidcc-client-test-rp-backchannel-rpinitlogout',
  does: 'CIS2 ends the session of a sign-in and sends a logout token to the back-channel logout address.',
  expects: 'It answers 200 and its own session is over.',
  source:
    'OpenID Connect Back-Channel Logout 1.0 sections 2.5 to 2.8; NHS CIS2 Authentication, Session management',
  async run(trial) {
    if (untold(trial)) return failed('No back-channel logout address is registered.');
    const { result, signedIn } = await endSession(trial);
    return signedIn
      ? failed(`Its session continues (it responded to CIS2 with "${result}").`)
      : passed('Its session is over.');
  },
};
