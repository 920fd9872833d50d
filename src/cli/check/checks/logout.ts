import { type Check, failed, notRun, passed, warning } from '../check.ts';
import { Stranded, type Trial } from '../trial.ts';

interface NotificationResult {
  /** The result of the notification, such as `status 200`. */
  result: string;
  /** Whether the user is still signed in at the application. */
  signedIn: boolean;
}

/** Signs in, makes CIS2 end the session and notify the application. */
async function endSession(trial: Trial): Promise<NotificationResult> {
  const { provider, known } = trial;
  const before = new Set((await provider.sessionsWith(known.clientId)).map(({ sid }) => sid));
  const { browser } = await trial.mustSignIn();
  const [session] = (await provider.sessionsWith(known.clientId)).filter(({ sid }) => !before.has(sid));
  if (!session) throw new Stranded('CIS2 has no session of this sign-in.');
  await provider.endSession(session.sid);
  const delivery = await provider.delivery(session.sid, known.clientId);
  if (!delivery) throw new Stranded('CIS2 did not notify the application in time.');
  return { result: delivery.result, signedIn: await trial.isSignedIn(browser) };
}

const hasAddress = ({ known }: Trial): boolean => Boolean(known.registration?.backchannelLogoutUri);
const noAddress = 'No back-channel logout address is registered.';

const sessionEnded: Check = {
  name: 'oidcc-client-test-rp-backchannel-rpinitlogout',
  does: 'CIS2 ends the session of a sign-in and sends a logout token to the back-channel logout address.',
  expects: 'It returns 200 and its own session is over.',
  source:
    'OpenID Connect Back-Channel Logout 1.0 sections 2.5 to 2.8; NHS CIS2 Authentication, Session management',
  async run(trial) {
    if (!hasAddress(trial)) return failed(noAddress);
    const { result, signedIn } = await endSession(trial);
    return signedIn
      ? failed(`Its session continues (it responded to CIS2 with "${result}").`)
      : passed('Its session is over.');
  },
};

/** Each fault of a logout token: name of the check, named fault of CIS2, description. */
const faults: readonly (readonly [name: string, fault: string, does: string])[] = [
  [
    'oidcc-client-test-rp-backchannel-rpinitlogout-alg-none',
    'logout-token-unsigned',
    'with the algorithm "none" and no signature',
  ],
  ['oidcc-client-test-rp-backchannel-rpinitlogout-no-event', 'logout-token-without-event', 'without events'],
  [
    'oidcc-client-test-rp-backchannel-rpinitlogout-with-nonce',
    'logout-token-with-nonce',
    'with a nonce, like an ID token',
  ],
  [
    'oidcc-client-test-rp-backchannel-rpinitlogout-wrong-alg',
    'logout-token-wrong-algorithm',
    'signed by another algorithm than the registered one',
  ],
  [
    'oidcc-client-test-rp-backchannel-rpinitlogout-wrong-aud',
    'logout-token-wrong-audience',
    'for another client',
  ],
  [
    'oidcc-client-test-rp-backchannel-rpinitlogout-wrong-event',
    'logout-token-wrong-event',
    'with another event',
  ],
  [
    'oidcc-client-test-rp-backchannel-rpinitlogout-wrong-iss',
    'logout-token-wrong-issuer',
    'of another issuer',
  ],
  ['cis2-logout-invalid-signature', 'logout-token-wrong-signature', 'with an invalid signature'],
  ['cis2-logout-old-token', 'logout-token-old', 'that was created a day ago'],
  ['cis2-logout-without-session', 'logout-token-without-session', 'that names neither session nor user'],
];

/** Checks of back-channel logout. */
export const logoutChecks: readonly Check[] = [
  sessionEnded,
  ...faults.map(
    ([name, fault, does]): Check => ({
      name,
      does: `A logout token ${does}, sent to the back-channel logout address after a sign-in.`,
      expects: 'It returns 400 and its session continues.',
      source: 'OpenID Connect Back-Channel Logout 1.0 section 2.6',
      async run(trial) {
        if (!hasAddress(trial)) return notRun(noAddress);
        const { result } = await trial.provider.withFault(fault, {}, () => endSession(trial));
        if (!result.signedIn) return failed(`It ended its session (${result.result}).`);
        return result.result === 'status 400'
          ? passed('It returned 400 and its session continues.')
          : warning(`Its session continues, but it responded with "${result.result}" instead of status 400.`);
      },
    }),
  ),
];
