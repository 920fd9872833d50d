import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { words } from '../../src/cis2/text/words.ts';
import { launchBrowser } from '../testing/browser.ts';
import { atDesk, type Desk, findPatient, patient, pinAtPage, takeCard } from '../testing/desk.ts';

// Forms that need a sign-in first. The sign-in leaves the origin, and Chromium blocks a redirect of a form there (`form-action 'self'`).

const { account } = words;
let browser: Browser;
before(async () => {
  browser = await launchBrowser();
});
after(() => browser?.close());

const heading = (page: Page, name: string) => page.getByRole('heading', { name, exact: true }).waitFor();
const press = (page: Page, name: string) => page.getByRole('button', { name }).click();

/** Opens the account with a smartcard. */
async function openAccount({ instance, page }: Desk): Promise<void> {
  await instance.signInAtDesk('gp');
  await page.goto(`${new URL(instance.urls.cis2Issuer).origin}/account/sign-in`);
  await heading(page, account.title);
}

const sixMinutesLater = ({ instance }: Desk) => instance.api('PUT', '/clock', { advance: 360 });

describe('the account, six minutes after the PIN', () => {
  test('asks for the PIN again and leads back to the change that was begun', () =>
    atDesk(browser, {}, async (desk) => {
      const { page } = desk;
      await openAccount(desk);
      const added = page.getByRole('radio', { name: 'Authenticator app' });

      await added.check();
      await sixMinutesLater(desk);
      await press(page, account.addButton);
      await pinAtPage(page);
      await heading(page, account.title);
      assert.equal(await added.isChecked(), true);
      await press(page, account.addButton);
      await page.getByLabel(/code/i).first().waitFor();

      await page.goto(new URL('/account', page.url()).href);
      const [first] = await page.getByRole('link', { name: account.change }).all();
      assert.ok(first, 'the user has an authenticator');
      await first.click();
      await page.getByLabel(account.name).fill('A new & longer name');
      await sixMinutesLater(desk);
      await press(page, account.save);
      await pinAtPage(page);
      await page.getByLabel(account.name).waitFor();
      assert.equal(await page.getByLabel(account.name).inputValue(), 'A new & longer name');
      await press(page, account.save);
      await heading(page, 'A new & longer name');

      await page.getByRole('link', { name: `${account.change} A new & longer name` }).click();
      await sixMinutesLater(desk);
      await press(page, account.remove);
      await pinAtPage(page);
      await page.getByLabel(account.name).waitFor();
      await press(page, account.remove);
      await heading(page, account.title);
      assert.equal(await page.getByRole('heading', { name: 'A new & longer name' }).count(), 0);
    }));
});

describe('a form of an application whose session has ended', () => {
  test('leads to the sign-in at another origin', () =>
    atDesk(browser, {}, async (desk) => {
      await desk.instance.signInAtDesk('gp');
      await desk.open('combined');
      await takeCard(desk);
      await desk.instance.api('PUT', '/clock', { advance: 60 });
      await desk.instance.signInAtDesk('gp');
      const returns = desk.page.waitForRequest(
        (request) => request.url().startsWith(desk.instance.urls.sample) && request.url().includes('code='),
      );
      await findPatient(desk.page);
      await returns;
      await patient(desk.page).waitFor();
    }));
});
