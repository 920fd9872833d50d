import { type Check, failed, notRun, passed } from '../check.ts';
import { asksForFreshness } from '../freshness.ts';

export const freshSignInAsked: Check = {
  name: 'cis2-fresh-sign-in-asked',
  does: 'The authorization request is looked at.',
  expects: 'It sends max_age or prompt=login, so that an old session at CIS2 is not enough.',
  source: 'OpenID Connect Core 1.0 section 3.1.2.1; NHS CIS2 Authentication, changes of 25 August 2021',
  async run({ known: { request } }) {
    if (!request) return notRun('Its request does not pass through the browser.');
    return asksForFreshness(request)
      ? passed(
          ['max_age', 'prompt']
            .filter((name) => request.has(name))
            .map((name) => `${name}=${request.get(name)}`)
            .join(', '),
        )
      : failed('It sends neither max_age nor prompt=login.');
  },
};
