import { type Check, notRun, type Verdict } from './check.ts';
import { type Reaction, Stranded, type Trial } from './trial.ts';

interface DocumentFault {
  name: string;
  /** Named fault of CIS2. */
  fault: string;
  does: string;
  expects: string;
  source: string;
  /** Judges the application's reaction. */
  verdict(reaction: Reaction): Verdict;
}

/** More often than an application fetches in a sign-in. */
const many = 1_000;

/** Signs in as far as the application allows: it may refuse before the redirect to CIS2. */
async function attempt(trial: Trial): Promise<Reaction> {
  const browser = trial.browser();
  browser.stopAt(trial.endpoint);
  const landing = await browser.go(trial.start);
  if (landing.kind === 'page') return { landing, signedIn: await trial.isSignedIn(browser) };
  try {
    return await trial.signIn();
  } catch (error) {
    if (!(error instanceof Stranded)) throw error;
    return { landing, signedIn: false };
  }
}

/** Returns a check with a faulty discovery document, for applications that fetch it during the sign-in. */
export const meetsDocument = ({ name, fault, does, expects, source, verdict }: DocumentFault): Check => ({
  name,
  does: `A sign-in while ${does}.`,
  expects,
  source,
  async run(trial) {
    const { result, met } = await trial.provider.withFault(fault, { next: many }, () => attempt(trial));
    if (!met)
      return notRun(
        `It did not fetch the discovery document, so it used its copy. Test by hand: "alongside fault on ${fault}", restart the application, try to sign in; then "alongside fault off".`,
      );
    const { outcome, detail } = verdict(result);
    const { signedIn } = await attempt(trial);
    return {
      outcome,
      detail: signedIn ? detail : `${detail} It keeps the faulty document: restart it.`,
    };
  },
});
