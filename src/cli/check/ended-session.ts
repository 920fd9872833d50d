import { type Check, failed, notRun, passed, type Verdict, warning } from './check.ts';
import { Stranded, type Trial } from './trial.ts';

export interface NotificationResult {
  /** The result of the notification, such as `status 200`. */
  result: string;
  /** Whether the user is still signed in at the application. */
  signedIn: boolean;
}

/** Signs in, makes CIS2 end the session and notify the application. */
export async function endSession(trial: Trial): Promise<NotificationResult> {
  const { provider, known } = trial;
  const before = new Set((await provider.sessionsWith(known.clientId)).map(({ sid }) => sid));
  const { browser, signedIn } = await trial.signIn();
  if (!signedIn) throw new Stranded('A sign-in without any fault did not succeed this time.');
  const [session] = (await provider.sessionsWith(known.clientId)).filter(({ sid }) => !before.has(sid));
  if (!session) throw new Stranded('CIS2 has no session of this sign-in.');
  await provider.endSession(session.sid);
  const delivery = await provider.delivery(session.sid, known.clientId);
  if (!delivery) throw new Stranded('CIS2 did not notify the application in time.');
  return { result: delivery.result, signedIn: await trial.isSignedIn(browser) };
}

/** Whether CIS2 has no address to notify the application. */
export const untold = ({ known }: Trial): boolean => !known.registration?.backchannelLogoutUri;

interface LogoutFault {
  name: string;
  fault: string;
  /** The fault of the logout token. */
  does: string;
  source: string;
}

/** Returns a check with a faulty logout token, which the application must refuse. */
export const refusesLogout = ({ name, fault, does, source }: LogoutFault): Check => ({
  name,
  does: `A logout token ${does}, sent to the back-channel logout address after a sign-in.`,
  expects: 'It returns 400 and its session continues.',
  source,
  async run(trial): Promise<Verdict> {
    if (untold(trial)) return notRun('No back-channel logout address is registered.');
    const { result } = await trial.provider.withFault(fault, {}, () => endSession(trial));
    if (!result.signedIn) return failed(`It ended its session (${result.result}).`);
    return result.result === 'status 400'
      ? passed('It answered 400 and its session went on.')
      : warning(`Its session went on, but it answered "${result.result}" instead of status 400.`);
  },
});
