import {
  type Check,
  failed,
  isAccident,
  noTokenCall,
  notRun,
  passed,
  refusal,
  type Verdict,
  warning,
} from '../check.ts';
import { landingShows, landingText, type Pattern, type Reaction, Stranded, type Trial } from '../trial.ts';

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
        `It did not fetch the discovery document: it has a copy, or the addresses in its settings. With a copy, test by hand: "alongside fault on ${fault}", restart the application, try to sign in; then "alongside fault off".`,
      );
    const { outcome, detail } = verdict(result);
    const { signedIn } = await attempt(trial);
    return {
      outcome,
      detail: signedIn ? detail : `${detail} It keeps the faulty document: restart it.`,
    };
  },
});

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

/** The subject in the faulty userinfo response. */
const otherSubject = '999999999999';
const noUserinfoCall = notRun('The application did not ask CIS2 for userinfo.');

/** Checks with an unusual response of the userinfo or token endpoint. */
export const endpointChecks: readonly Check[] = [
  {
    name: 'oidcc-client-test-userinfo-invalid-sub',
    does: `A sign-in in which userinfo is about another user (${otherSubject}) than the ID token.`,
    expects: 'It ignores the response or, better, refuses the sign-in and shows an error.',
    source: 'OpenID Connect Core 1.0 section 5.3.2',
    async run(trial) {
      const { result, met } = await trial.provider.withFault('userinfo-other-subject', { next: 1 }, () =>
        trial.signIn(),
      );
      if (!met) return noUserinfoCall;
      const landings = [result.landing, await trial.visit(result.browser)];
      if (landings.some((landing) => landingShows(landing, otherSubject)))
        return failed('It mistook the other user for the one who signed in.');
      return result.signedIn
        ? warning(
            'It signed the user in anyway. That is right only if it used nothing of the response, which cannot be seen from outside.',
          )
        : refusal(result);
    },
  },
  {
    name: 'cis2-person-without-role',
    does: 'A sign-in of a user for whom userinfo has no role.',
    expects: 'It shows a page, signed in or not, and no unhandled error.',
    source: 'NHS CIS2 Authentication, Role selection',
    async run(trial) {
      const { result, met } = await trial.provider.withFault('userinfo-no-roles', { next: 1 }, () =>
        trial.signIn(),
      );
      if (!met) return noUserinfoCall;
      return isAccident(result) ? failed(landingText(result.landing)) : passed(landingText(result.landing));
    },
  },
  tokenEndpointUnavailable('cis2-token-endpoint-unavailable', 'separate', 'cis2-token-unavailable', 'CIS2'),
  tokenEndpointUnavailable(
    ...(['combined-token-endpoint-unavailable', 'combined', 'platform-token-unavailable'] as const),
    'the API platform',
  ),
];

/** Returns a check of an application while the token endpoint is down. */
function tokenEndpointUnavailable(name: string, pattern: Pattern, fault: string, whose: string): Check {
  return {
    name,
    patterns: [pattern],
    does: `A sign-in in which the token endpoint of ${whose} returns 503, then one without any fault.`,
    expects:
      'It handles the error (502, 503 or below 500), refuses the sign-in, and the next sign-in succeeds.',
    source: 'RFC 9110 section 15.6.4',
    async run(trial) {
      const { result, met } = await trial.provider.withFault(fault, { next: 1 }, () => trial.signIn());
      if (!met) return noTokenCall;
      const { landing } = result;
      const handled = landing.kind === 'page' && [502, 503, 504].includes(landing.status);
      if (!result.signedIn && isAccident(result) && !handled) return failed(landingText(landing));
      if (!(await trial.signIn()).signedIn) return failed('The next sign-in did not succeed.');
      return handled ? passed(landingText(landing)) : refusal(result);
    },
  };
}
