import { answerPage } from '../../../src/cli/check/trial.ts';
import type { TestInstance } from '../../testing/instance.ts';
import type { Provider } from '../provider.ts';

/** The user of an instance, who completes the pages of CIS2 and of the agent. */
export function deskOf(instance: TestInstance): Pick<Provider, 'withoutPerson' | 'refusing' | 'goOn'> {
  let refuses = false;
  return {
    async withoutPerson(run) {
      await instance.api('DELETE', '/readers/0/card');
      try {
        return await run();
      } finally {
        await instance.signInAtDesk('gp');
      }
    },
    async refusing(run) {
      refuses = true;
      try {
        return await run();
      } finally {
        refuses = false;
      }
    },
    goOn: (page, browser) => answerPage(page, browser, { pin: '123456', refuses }),
  };
}
