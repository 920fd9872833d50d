import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { launchBrowser } from '../testing/browser.ts';
import { startInstance, type TestInstance } from '../testing/instance.ts';

describe('the first page of the console', () => {
  let instance: TestInstance;
  let browser: Browser;
  let page: Page;
  const complaints: string[] = [];
  before(async () => {
    [instance, browser] = await Promise.all([startInstance(), launchBrowser()]);
    page = await (await browser.newContext()).newPage();
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text());
    });
    await page.goto(instance.urls.console);
  });
  after(async () => {
    await browser?.close();
    await instance?.stop();
  });

  test('leads from a fresh start to a finished sign-in with three clicks, and ticks its steps', async () => {
    const done = page.locator('.first-steps .done');
    assert.equal(await done.count(), 0);
    await page.getByRole('button', { name: 'Insert the card of the GP and give the PIN' }).click();
    await done.filter({ hasText: 'A card is in the reader' }).waitFor();
    await page.getByText('The card is in the reader and the PIN was given.').waitFor();
    assert.deepEqual(complaints, [], 'no call is refused');
    const sample = await page.context().newPage();
    await sample.goto(
      (await page.getByRole('link', { name: instance.urls.sample }).getAttribute('href')) ?? '',
    );
    await sample.getByRole('link', { name: 'Sign in (combined)' }).click();
    await sample.getByRole('button', { name: 'Find patient' }).waitFor();
    await sample.close();
    await done.filter({ hasText: 'Sign in to the sample' }).waitFor();
    await page.getByRole('row').filter({ hasText: 'demo-combined' }).first().waitFor();
    await page.getByText('signed in', { exact: true }).waitFor();
  });

  test('shows a refusal that just happened, with its reason', async () => {
    await fetch(`${instance.urls.api}/oauth2/authorize?client_id=nobody`);
    await page.locator('.lately a').first().waitFor();
    await page.locator('.lately a').first().click();
    await page.waitForURL(/\/journeys\/[\w-]+/);
    await page.getByText('authorisation.clientUnknown').first().waitFor();
    await page.goBack();
  });

  test('shows a journey that failed among what went wrong', async () => {
    await instance.api('PUT', '/faults/platform-token-unavailable', { next: 1 });
    const { status } = await fetch(`${instance.urls.api}/oauth2/token`, { method: 'POST' });
    assert.equal(status, 503);
    await page.goto(instance.urls.console);
    const listed = page.locator('tr').filter({ hasText: 'failed' }).locator('a.opens').first();
    const shown = page.locator(`.lately a[href="${await listed.getAttribute('href')}"]`);
    assert.equal(await shown.textContent(), await listed.locator('bdi').textContent());
    await page.getByRole('link', { name: 'Journeys 2 errors' }).waitFor();
  });

  test('fits 1,200 px with the tag of a fault, here and in the list of journeys', async () => {
    await page.setViewportSize({ width: 1_200, height: 800 });
    for (const path of ['/', '/journeys']) {
      await page.goto(instance.urls.console + path);
      await page.getByText('fault platform-token-unavailable').first().waitFor();
      const [width, room] = (await page.evaluate(
        '[document.documentElement.scrollWidth, document.documentElement.clientWidth]',
      )) as [number, number];
      assert.ok(width <= room, `${path} is ${width} px wide`);
      const people = page.locator('td[data-label=Person]');
      const narrow = await people.evaluateAll((cells) => Math.min(...cells.map((cell) => cell.clientWidth)));
      assert.ok(narrow > 110, `a name has ${narrow} px`);
    }
  });

  test('shows no refusal for a page of the console whose card or person is unknown', async () => {
    const { cards } = await instance.api<{ cards: { serial: string; persona: string }[] }>('GET', '/cards');
    const serial = cards.find(({ persona }) => persona === 'locum')?.serial;
    await page.goto(`${instance.urls.console}/cards/${serial}`);
    await page.getByText('CIS does not know this card yet').waitFor();
    assert.equal((await page.goto(`${instance.urls.console}/people/999999999999`))?.status(), 404);
    await page.goto(instance.urls.console);
    await page.getByRole('link', { name: 'Journeys 2 errors' }).waitFor();
    assert.equal(await page.locator('.lately li').count(), 2);
  });

  test('hands a pasted text to Explain without an address', async () => {
    await page.getByLabel('Something else? Paste it here').fill('error=invalid_client');
    await page.getByRole('button', { name: 'Explain' }).click();
    await page.waitForURL(`${instance.urls.console}/explain`);
    assert.equal(await page.evaluate(() => sessionStorage.getItem('explain')), null);
  });
});
