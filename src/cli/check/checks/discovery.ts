import { type Check, notRun, type Verdict, warning } from '../check.ts';
import { refusal } from '../refusal.ts';
import { type Reaction, Stranded, type Trial } from '../trial.ts';

/** More often than an application fetches in a sign-in. */
const many = 1_000;

/** Signs in as far as the application allows: it may refuse before the redirect to CIS2. */
async function attempt(trial: Trial): Promise<Reaction> {
  const browser = trial.browser();
  browser.stopAt(...trial.endpoints);
  const landing = await browser.go(trial.start);
  if (landing.kind === 'page') return { landing, signedIn: await trial.isSignedIn(browser) };
  try {
    return await trial.signIn();
  } catch (error) {
    if (!(error instanceof Stranded)) throw error;
    return { landing, signedIn: false };
  }
}

interface DocumentFault extends Omit<Check, 'run'> {
  /** Named fault of CIS2. */
  fault: string;
  /** Judges the application's reaction. */
  verdict(reaction: Reaction): Verdict;
}

/** Returns a check with a faulty discovery document, for applications that fetch it during the sign-in. */
const withDocument = ({ fault, verdict, ...check }: DocumentFault): Check => ({
  ...check,
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

/** Checks with a faulty discovery document. */
export const discoveryChecks: readonly Check[] = [
  withDocument({
    name: 'oidcc-client-test-discovery-issuer-mismatch',
    fault: 'discovery-other-issuer',
    does: 'A sign-in while the discovery document names another issuer than the requested one.',
    expects: 'It refuses the sign-in and shows an error.',
    source: 'OpenID Connect Discovery 1.0 section 4.3',
    verdict: refusal,
  }),
  withDocument({
    name: 'oidcc-client-test-discovery-jwks-uri-keys',
    fault: 'discovery-empty-key-set',
    does: 'A sign-in while the discovery document names a jwks_uri without keys.',
    expects: 'It uses the jwks_uri of the document, so it cannot verify the token and refuses the sign-in.',
    source: 'OpenID Connect Discovery 1.0 section 3; OpenID Connect Core 1.0 section 10.1.1',
    verdict: (reaction) =>
      reaction.signedIn
        ? warning(
            'It signed the user in: it kept the previous keys, or does not read their address from the document.',
          )
        : refusal(reaction),
  }),
];
