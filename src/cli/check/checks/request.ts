import { type Check, failed, notRun, passed, warning } from '../check.ts';

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

/** Checks of the authorization request. */
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
