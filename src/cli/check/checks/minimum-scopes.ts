import { type Check, notRun, passed, warning } from '../check.ts';

/** Scopes that few applications can justify, with their data. */
const rare: Readonly<Record<string, string>> = {
  associatedorgs: 'every organisation of the person',
  organisationalmemberships: 'memberships of organisations',
  professionalmemberships: 'registration numbers of professional bodies',
  email: 'the email address',
};

export const minimumScopes: Check = {
  name: 'cis2-minimum-scopes',
  does: 'The scopes of the authorization request are looked at.',
  expects: 'It asks for what it uses, and for nothing twice.',
  source: 'NHS CIS2 Authentication, Scopes and claims; UK GDPR article 5(1)(c)',
  async run({ known: { request } }) {
    if (!request) return notRun('Its request does not pass through the browser.');
    const scopes = (request.get('scope') ?? '').split(' ').filter(Boolean);
    const remarks = scopes
      .filter((scope) => Object.hasOwn(rare, scope))
      .map((scope) => `${scope} (${rare[scope]})`);
    if (scopes.includes('profile') && scopes.includes('nhsperson'))
      remarks.push('profile, which nhsperson contains');
    const list = scopes.join(' ');
    return remarks.length === 0
      ? passed(`It asks for: ${list}.`)
      : warning(`It asks for: ${list}. To be justified: ${remarks.join('; ')}.`);
  },
};
