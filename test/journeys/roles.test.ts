import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { launchBrowser, watchDocuments } from '../testing/browser.ts';
import { startInstance, type TestInstance } from '../testing/instance.ts';

interface Role {
  roleId: string;
  orgName: string;
  orgCode: string;
}
// Every session begins with the role of the workstation; at CIS2 the user can choose another for that session.
describe('roles', () => {
  let instance: TestInstance;
  let browser: Browser;
  before(async () => {
    [instance, browser] = await Promise.all([startInstance(), launchBrowser()]);
  });
  after(async () => {
    await browser?.close();
    await instance?.stop();
  });

  const rolesOf = async (uid: string) =>
    (await instance.api<{ roles: Role[] }>('GET', `/people/${uid}`)).roles as [Role, Role, Role, ...Role[]];
  const roleAtDesk = async () =>
    (await instance.api<{ role: { roleId: string } | null }>('GET', '/agent')).role?.roleId;

  async function signIn(page: Page): Promise<void> {
    await page.goto(`${instance.urls.sample}/sign-in/separate`);
    await page.getByRole('button', { name: 'Find patient' }).waitFor();
  }

  async function openRolePage(page: Page): Promise<void> {
    await page.getByRole('link', { name: 'Change role' }).click();
    await page.getByRole('heading', { name: 'Choose your role' }).waitFor();
    assert.equal(new URL(page.url()).origin, new URL(instance.urls.cis2Issuer).origin);
  }

  /** Calls the API in this role; the gateway accepts only that of the token. */
  async function worksAs(page: Page, { orgName, orgCode }: Role): Promise<void> {
    await page
      .getByRole('definition')
      .filter({ hasText: `at ${orgName} (${orgCode})` })
      .waitFor();
    await page.getByLabel('NHS number').fill('9000000009');
    await page.getByRole('button', { name: 'Find patient' }).click();
    await page.getByText('2010-10-22').waitFor();
  }

  test('a nurse chooses a role once in the combined pattern, on a page that gives the reason, and no address has the patient', async () => {
    await instance.signInAtDesk('nurse');
    const context = await browser.newContext();
    const page = await context.newPage();
    await page.goto(`${instance.urls.sample}/sign-in/combined`);
    await page.getByRole('heading', { name: 'Choose your role' }).waitFor();
    await page.getByText('it has no ID token').waitFor();
    await page.getByRole('button', { name: 'Use this role' }).click();
    assert.equal(await page.locator('input:invalid').count(), 3, 'a role has to be chosen');
    const [, second] = await rolesOf('656005750105');
    await page.getByRole('radio', { name: `at ${second.orgName} (${second.orgCode})` }).check();
    await page.getByRole('button', { name: 'Use this role' }).click();
    await worksAs(page, second);
    assert.equal(page.url(), `${instance.urls.sample}/patient`);
    await page.goto(instance.urls.sample);
    await page.getByRole('button', { name: 'Find patient' }).waitFor();
    await instance.api('DELETE', '/readers/0/card');
    await context.close();
  });

  test('a nurse with three roles changes the role at CIS2, and calls PDS in the new one', async () => {
    await instance.signInAtDesk('nurse');
    const [first, , third] = await rolesOf('656005750105');
    const context = await browser.newContext();
    const page = await context.newPage();
    await signIn(page);
    await worksAs(page, first);

    const form = { role: third.roleId };
    const headers = { 'sec-fetch-site': 'same-origin' };
    const selected = await page.request.post(`${instance.urls.sample}/role`, { form, headers });
    assert.match(await selected.text(), /Selecting a role at CIS2/, 'the ID token names the first role');

    await openRolePage(page);
    assert.equal(await page.getByRole('searchbox').count(), 0);
    const radios = page.getByRole('radio');
    assert.equal(await radios.count(), 3);
    assert.ok(await radios.first().isChecked(), 'the role until now is marked');
    await page.getByRole('radio', { name: `${third.orgName} (${third.orgCode})` }).check();
    await page.getByRole('button', { name: 'Continue' }).click();
    await worksAs(page, third);
    assert.equal(await roleAtDesk(), first.roleId, 'the desk keeps its role');

    const documents = watchDocuments(page);
    await signIn(page);
    await worksAs(page, third);
    const shown = documents.filter(({ status }) => status < 300);
    assert.ok(
      shown.every(({ url }) => url.startsWith(instance.urls.sample)),
      'the choice is remembered',
    );
    const names = (await instance.events()).map(({ name }) => name);
    assert.equal(names.filter((name) => name === 'cis2.role').length, 1);

    // A card that is inserted again starts with the role of the workstation.
    await instance.api('DELETE', '/readers/0/card');
    await instance.signInAtDesk('nurse');
    await signIn(page);
    await worksAs(page, first);
    await context.close();
    await instance.api('DELETE', '/readers/0/card');
  });

  test('a locum with eight roles can search them', async () => {
    await instance.signInAtDesk('locum');
    const roles = await rolesOf('656005750106');
    const last = roles.at(-1) as Role;
    const context = await browser.newContext();
    const page = await context.newPage();
    await signIn(page);
    await openRolePage(page);
    assert.equal(await page.getByRole('radio').count(), 8);
    await page.getByRole('searchbox', { name: 'Search your roles' }).fill(last.orgCode);
    await page.keyboard.press('Enter');
    await page.getByText('1 of 8 roles').waitFor();
    await page.getByRole('radio').check();
    await page.getByRole('button', { name: 'Continue' }).click();
    await worksAs(page, last);
    await context.close();
    await instance.api('DELETE', '/readers/0/card');
  });

  test('cancelling returns to the application without a change', async () => {
    await instance.signInAtDesk('nurse');
    const [first] = await rolesOf('656005750105');
    const context = await browser.newContext();
    const page = await context.newPage();
    await signIn(page);
    await openRolePage(page);
    await page.getByRole('button', { name: 'Cancel' }).click();
    await page.getByRole('heading', { name: 'You are not signed in' }).waitFor();
    await page.getByRole('link', { name: 'Start again' }).click();
    await worksAs(page, first);
    await context.close();
    await instance.api('DELETE', '/readers/0/card');
  });
});
