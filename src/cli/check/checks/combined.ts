import { type Check, failed, notRun, passed } from '../check.ts';
import { landingText } from '../trial.ts';
import { pressSignOut } from './sign-out.ts';

export const combinedChecks: readonly Check[] = [
  {
    name: 'combined-sign-out',
    patterns: ['combined'],
    does: 'The user signs in, and signs out at the application.',
    expects: 'Its session is over, also for someone who has kept the cookies.',
    source: 'OWASP ASVS 5.0, 7.4.1',
    async run(trial) {
      const { browser } = await trial.mustSignIn();
      const before = browser.fork();
      browser.stopAt(...trial.endpoints);
      const page = await browser.go(trial.signOut ?? trial.known.page);
      const landing = trial.signOut === undefined ? await pressSignOut(browser, page) : page;
      if (landing === undefined)
        return notRun(
          `${trial.known.page} has no form or link to sign out; name the address with --sign-out.`,
        );
      for (const [who, kept] of [
        ['in the browser', browser],
        ['for the cookies from before', before],
      ] as const)
        if (await trial.isSignedIn(kept)) return failed(`Its session continues ${who}.`);
      return passed(`Its session is over. ${landingText(landing)}`);
    },
  },
  {
    name: 'combined-card-removed',
    patterns: ['combined'],
    does: 'The user signs in and removes the card, so that the tokens end at the API platform. Then opens the page of the application again.',
    expects:
      'It ends its session at the next call of an API: there is no other message in the combined pattern.',
    source: 'RFC 6749 sections 5.2 and 6; NHS CIS2 Authentication, Session management',
    async run(trial) {
      const { provider, known } = trial;
      const { browser } = await trial.mustSignIn();
      await provider.removeCard();
      const before = await provider.newestEvent();
      if (!(await trial.isSignedIn(browser))) return passed('Its session is over.');
      return (await provider.refusedCalls(before))
        ? failed('Its session continues, although the API platform refused its tokens.')
        : notRun(
            `${known.page} calls no API, so the application could not notice; name a page that does with --page.`,
          );
    },
  },
];
