import type { Landing } from '../../../kit/browser.ts';
import {
  bothPatterns,
  type Check,
  failed,
  isAccident,
  notRun,
  passed,
  refusal,
  type Verdict,
  warning,
} from '../check.ts';
import { landingText, Stranded, shownText } from '../trial.ts';

/** Returns whether an authorization request limits the age of the sign-in. */
export const asksForFreshness = (request: URLSearchParams): boolean =>
  request.has('max_age') || (request.get('prompt') ?? '').split(' ').includes('login');

/** Scopes that few applications can justify, with their data. */
const rare: Readonly<Record<string, string>> = {
  associatedorgs: 'every organisation of the user',
  organisationalmemberships: 'memberships of organisations',
  professionalmemberships: 'registration numbers of professional bodies',
  email: 'the email address',
};

const hiddenRequest = notRun('Its request does not pass through the browser.');

export const requestChecks: readonly Check[] = [
  {
    name: 'cis2-fresh-sign-in-asked',
    does: 'Inspects the authorization request.',
    expects: 'It sends max_age or prompt=login, so that an old session at CIS2 is not enough.',
    source: 'OpenID Connect Core 1.0 section 3.1.2.1; NHS CIS2 Authentication, changes of 25 August 2021',
    async run({ known: { request } }) {
      if (!request) return hiddenRequest;
      if (!asksForFreshness(request)) return failed('It sends neither max_age nor prompt=login.');
      const sent = ['max_age', 'prompt'].filter((name) => request.has(name));
      return passed(sent.map((name) => `${name}=${request.get(name)}`).join(', '));
    },
  },
  {
    name: 'cis2-minimum-scopes',
    does: 'Inspects the scopes of the authorization request.',
    expects: 'It requests only the scopes that it uses, and none twice.',
    source: 'NHS CIS2 Authentication, Scopes and claims; UK GDPR article 5(1)(c)',
    async run({ known: { request } }) {
      if (!request) return hiddenRequest;
      const scopes = (request.get('scope') ?? '').split(' ').filter(Boolean);
      const remarks = scopes
        .filter((scope) => Object.hasOwn(rare, scope))
        .map((scope) => `${scope} (${rare[scope]})`);
      if (scopes.includes('profile') && scopes.includes('nhsperson'))
        remarks.push('profile, which nhsperson contains');
      const list = scopes.join(' ');
      return remarks.length === 0
        ? passed(`It requests: ${list}.`)
        : warning(`It requests: ${list}. To be justified: ${remarks.join('; ')}.`);
    },
  },
];

const stateChanges: readonly [string, (parameters: URLSearchParams) => void][] = [
  ['with another state', (parameters) => parameters.set('state', 'another-state')],
  ['without state', (parameters) => parameters.delete('state')],
];

const stateChanged: Check = {
  name: 'cis2-state-changed',
  patterns: bothPatterns,
  does: 'Returns the response with another state, then without one.',
  expects: 'It sends a state, refuses a sign-in without it, and shows an error.',
  source: 'RFC 6749 section 10.12; OpenID Connect Core 1.0 section 3.1.2.7',
  async run(trial) {
    for (const [how, change] of stateChanges) {
      const browser = trial.browser();
      const answer = await trial.toCallback(browser);
      if (!answer.parameters.get('state')) return failed('It sends no state.');
      change(answer.parameters);
      const reaction = await trial.deliver(browser, answer);
      if (reaction.signedIn) return failed(`It signed the user in ${how}.`);
      if (isAccident(reaction)) return refusal(reaction);
    }
    return passed('It refused the sign-in.');
  },
};

const stateOfAnotherBrowser: Check = {
  name: 'cis2-state-of-another-browser',
  patterns: bothPatterns,
  does: 'Signs in and opens the address of the response in another browser: in a new one, and in one that has begun its own sign-in (login CSRF).',
  expects: 'It refuses the sign-in: the state belongs to the browser that began.',
  source: 'RFC 9700 section 4.7; RFC 6749 section 10.12',
  async run(trial) {
    for (const begun of [false, true]) {
      const answer = await trial.toCallback(trial.browser());
      const other = trial.browser();
      if (begun) await trial.begin(other);
      const { signedIn } = await trial.deliver(other, answer);
      if (signedIn)
        return failed(
          `It signed the user in in ${begun ? 'a browser that had begun another sign-in' : 'a browser that had not begun a sign-in'}.`,
        );
    }
    return passed('It refused the sign-in in the other browser.');
  },
};

const markup = '<u>no</u>';

function judgeErrorPage(landing: Landing): Verdict {
  if (landing.kind === 'callback')
    return warning('It began another sign-in at once, so the user cannot read the error.');
  if (landing.body.includes(markup))
    return failed(
      'It shows error_description without escaping it: markup in an address becomes part of the page.',
    );
  if (shownText(landing.body) === '') return failed(`It shows nothing. ${landingText(landing)}`);
  const quoted = `It shows "${shownText(landing.body).slice(0, 80)}"`;
  return /<(?:a|form|button)\b/i.test(landing.body)
    ? passed(`${quoted} and offers a way to continue.`)
    : warning(`${quoted}, without a way to begin again.`);
}

const errorResponse: Check = {
  name: 'cis2-error-response',
  patterns: bothPatterns,
  does: 'The response is the error access_denied, with markup in its description.',
  expects: 'It refuses the sign-in, shows an error with a way to begin again, and the next sign-in begins.',
  source: 'OpenID Connect Core 1.0 section 3.1.2.6; RFC 9700 section 4.2',
  async run(trial) {
    const browser = trial.browser();
    const answer = await trial.toCallback(browser);
    answer.parameters.delete('code');
    answer.parameters.set('error', 'access_denied');
    answer.parameters.set('error_description', `The user entered ${markup}`);
    const reaction = await trial.deliver(browser, answer);
    if (reaction.signedIn) return refusal(reaction);
    const page = judgeErrorPage(reaction.landing);
    const verdict = page.outcome === 'passed' && isAccident(reaction) ? refusal(reaction) : page;
    try {
      await trial.begin(browser);
    } catch (error) {
      if (error instanceof Stranded) return failed(`Afterwards no sign-in begins: ${error.message}.`);
      throw error;
    }
    return verdict;
  },
};

const codeReplayed: Check = {
  name: 'cis2-code-replayed',
  patterns: bothPatterns,
  does: 'Repeats the same response in the same browser after a sign-in, as when a user goes back or reloads.',
  expects: 'It accepts a state once, so it does not send the code again.',
  source: 'RFC 6749 section 4.1.2; RFC 9700 section 4.7',
  async run(trial) {
    const { provider } = trial;
    const from = await provider.newestEvent();
    const { browser, answer, signedIn } = await trial.signIn();
    if (!signedIn) return failed('The sign-in itself did not succeed.');
    const again = await trial.deliver(browser, answer);
    const event = trial.known.pattern === 'combined' ? 'authorisation.token' : 'cis2.token';
    const tokens = (await provider.eventsSince(from)).filter(({ name }) => name === event);
    const redeemed = new Set(tokens.filter(({ outcome }) => outcome === 'ok').map(({ journey }) => journey));
    if (tokens.some(({ journey, outcome }) => outcome === 'refused' && redeemed.has(journey)))
      return failed(
        'It sent the used code again, which may revoke the tokens of that code: going back ends the sign-in.',
      );
    return isAccident(again)
      ? refusal({ ...again, signedIn: false })
      : passed('It did not use the code again.');
  },
};

export const responseChecks: readonly Check[] = [
  stateChanged,
  stateOfAnotherBrowser,
  errorResponse,
  codeReplayed,
];
