import type { TestInstance } from '../../support/instance.ts';
import { formOf, type Landing } from '../../../src/cli/check/browser.ts';
import type { Provider } from '../provider.ts';

/** The person at the desk of an instance: what they do at the pages of CIS2 and of the agent. */
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
    async goOn(page, browser): Promise<Landing> {
      const form = formOf(page);
      if (!form) return page;
      const answer = (name: string, value: string) =>
        browser.submit(page, {
          ...form,
          fields: [...form.fields.filter(([field]) => field !== name), [name, value]],
        });
      if (form.fields.some(([name]) => name === 'pin')) return answer('pin', '123456');
      if (/name="answer" value="yes"/.test(page.body)) return answer('answer', refuses ? 'cancel' : 'yes');
      if (/name="authenticator" value="smartcard"/.test(page.body))
        return refuses ? answer('cancel', '1') : answer('authenticator', 'smartcard');
      return page.body.includes('Do you want to sign out?') ? browser.submit(page, form) : page;
    },
  };
}
