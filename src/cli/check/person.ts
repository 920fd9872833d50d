import type { Browser, Landing, Page } from './browser.ts';
import { formOf } from './markup.ts';

/** The behaviour of the simulated user. */
export interface UserBehaviour {
  pin: string;
  /** Refuses when a page asks. */
  refuses?: boolean;
}

/** Completes a page of CIS2 or of the Identity Agent like a user; returns the same page if there is nothing to do. */
export async function answerPage(page: Page, browser: Browser, manner: UserBehaviour): Promise<Landing> {
  const form = formOf(page);
  if (!form) return page;
  const answer = (name: string, value: string) =>
    browser.submit(page, {
      ...form,
      fields: [...form.fields.filter(([field]) => field !== name), [name, value]],
    });
  const role = form.fields.find(([name]) => name === 'role');
  if (role && !manner.refuses) return answer(...role);
  if (form.fields.some(([name]) => name === 'pin')) return answer('pin', manner.pin);
  if (/name="answer" value="yes"/.test(page.body)) return answer('answer', manner.refuses ? 'cancel' : 'yes');
  if (/name="how" value="yes"/.test(page.body)) return answer('how', manner.refuses ? 'cancel' : 'yes');
  if (/name="authenticator" value="smartcard"/.test(page.body))
    return manner.refuses ? answer('cancel', '1') : answer('authenticator', 'smartcard');
  return page.body.includes('Do you want to sign out?') ? browser.submit(page, form) : page;
}
