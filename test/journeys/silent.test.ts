import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Browser } from 'playwright-core';
import { launchBrowser, watchDocuments } from '../testing/browser.ts';
import { startInstance, type TestInstance } from '../testing/instance.ts';

// The published pattern: a user who is signed in at the workstation sees only redirects.
describe('a user who is signed in at the workstation', () => {
  let instance: TestInstance;
  let browser: Browser;
  before(async () => {
    [instance, browser] = await Promise.all([startInstance(), launchBrowser()]);
    await instance.signInAtDesk('gp');
  });
  after(async () => {
    await browser?.close();
    await instance?.stop();
  });

  for (const pattern of ['combined', 'separate'] as const) {
    test(`sees only redirects, then the patient: ${pattern}`, async () => {
      const context = await browser.newContext();
      const page = await context.newPage();
      await page.goto(instance.urls.sample);
      const documents = watchDocuments(page);
      await page.getByRole('link', { name: `Sign in (${pattern})` }).click();
      await page.getByRole('heading', { name: 'Find a patient' }).waitFor();
      const pages = documents.filter(({ status }) => status < 300 || status >= 400);
      assert.deepEqual(
        pages,
        [{ status: 200, url: `${instance.urls.sample}/` }],
        'one page is shown: the application itself',
      );
      const hosts = documents.map(({ url }) => new URL(url).host);
      for (const url of [instance.urls.cis2Issuer, instance.urls.identityAgent])
        assert.ok(hosts.includes(new URL(url).host), `the browser passed ${url}`);
      assert.match((await page.textContent('main')) ?? '', /656005750108/);

      await page.getByLabel('NHS number').fill('9000000009');
      await page.getByRole('button', { name: 'Find patient' }).click();
      await page.getByText('2010-10-22').waitFor();
      assert.match((await page.textContent('main')) ?? '', /Smith/);
      await context.close();
    });
  }

  test('sees only redirects when signing in again in the same browser', async () => {
    const context = await browser.newContext();
    const page = await context.newPage();
    for (let round = 0; round < 2; round++) {
      await page.goto(instance.urls.sample);
      const documents = watchDocuments(page);
      await page.getByRole('link', { name: 'Sign in (combined)' }).click();
      await page.getByRole('button', { name: 'Find patient' }).waitFor();
      assert.equal(documents.filter(({ status }) => status === 200).length, 1);
      await page.getByRole('button', { name: 'Sign out' }).click();
      await page.getByRole('link', { name: 'Sign in (combined)' }).waitFor();
    }
    await context.close();
  });

  test('can use two tabs at once', async () => {
    const context = await browser.newContext();
    const tabs = await Promise.all([context.newPage(), context.newPage()]);
    await Promise.all(tabs.map((tab) => tab.goto(instance.urls.sample)));
    await Promise.all(
      tabs.map((tab, index) =>
        tab.getByRole('link', { name: index ? 'Sign in (separate)' : 'Sign in (combined)' }).click(),
      ),
    );
    await Promise.all(tabs.map((tab) => tab.getByRole('button', { name: 'Find patient' }).waitFor()));
    await context.close();
  });
});
