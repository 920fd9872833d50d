import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { launchBrowser } from '../testing/browser.ts';
import { startInstance, type TestInstance } from '../testing/instance.ts';

const wrongPin = '999999';

async function openPinPage(page: Page, instance: TestInstance): Promise<void> {
  await page.goto(`${instance.urls.sample}/sign-in/combined`);
  await page.locator('input[name="pin"]').waitFor();
}

async function give(page: Page, pin: string): Promise<void> {
  await page.locator('input[name="pin"]').fill(pin);
  await page.keyboard.press('Enter');
}

describe('a user who is not signed in at the workstation', () => {
  let instance: TestInstance;
  let browser: Browser;
  before(async () => {
    [instance, browser] = await Promise.all([startInstance(), launchBrowser()]);
  });
  after(async () => {
    await browser?.close();
    await instance?.stop();
  });

  test('gets one prompt for card and PIN at the agent, then continues automatically', async () => {
    const context = await browser.newContext();
    const page = await context.newPage();
    await page.goto(instance.urls.sample);
    const console = page.getByRole('link', { name: 'console' });
    assert.equal(
      await console.getAttribute('href'),
      `${instance.urls.console}/`,
      'where a card is to be had',
    );
    await instance.api('PUT', '/readers/0/card', { card: 'gp' });
    await openPinPage(page, instance);
    assert.equal(
      new URL(page.url()).origin,
      instance.urls.identityAgent,
      'the PIN is asked on the agent, never on CIS2',
    );
    await give(page, '123456');
    await page.getByRole('button', { name: 'Find patient' }).waitFor();
    assert.match((await page.textContent('main')) ?? '', /656005750108/);
    await context.close();
    await instance.api('DELETE', '/readers/0/card');
  });

  test('sees a page that waits for a card and continues when it is inserted', async () => {
    const context = await browser.newContext();
    const page = await context.newPage();
    await page.goto(`${instance.urls.sample}/sign-in/separate`);
    await page.getByText(/card/i).first().waitFor();
    assert.equal(new URL(page.url()).origin, instance.urls.identityAgent);
    await instance.api('PUT', '/readers/0/card', { card: 'clinician' });
    await page.locator('input[name="pin"]').waitFor();
    await give(page, '123456');
    await page.getByRole('button', { name: 'Find patient' }).waitFor();
    assert.match((await page.textContent('main')) ?? '', /656005750107/);
    const events = await instance.events();
    const begun = events.findLast(({ name }) => name === 'cis2.authorize')?.journey;
    const own = events.filter(({ journey }) => journey === begun).map(({ name }) => name);
    // One journey for the console, although CIS began another with the card.
    for (const name of ['agent.pin', 'cis.proof', 'agent.proof', 'cis2.code', 'authorisation.exchange'])
      assert.ok(own.includes(name), `${name} is not among ${own.join(', ')}`);
    await context.close();
    await instance.api('DELETE', '/readers/0/card');
  });

  test('sees the remaining attempts after a wrong PIN, and the blocked card after the third', async () => {
    const context = await browser.newContext();
    const page = await context.newPage();
    await instance.api('PUT', '/readers/0/card', { card: 'renew' });
    await openPinPage(page, instance);
    await give(page, wrongPin);
    await page.getByText('2 attempts left').waitFor();
    await give(page, wrongPin);
    await page.getByText('1 attempt left').waitFor();
    await give(page, wrongPin);
    await page
      .getByText(/blocked/i)
      .first()
      .waitFor();
    assert.equal((await instance.api<{ state: string }>('GET', '/agent')).state, 'blocked');
    await context.close();
    await instance.api('DELETE', '/readers/0/card');
  });

  test("signs in as the card's holder B, although the browser has a session of A", async () => {
    const context = await browser.newContext();
    const page = await context.newPage();
    await instance.signInAtDesk('gp');
    await page.goto(`${instance.urls.sample}/sign-in/combined`);
    await page.getByText('656005750108').waitFor();
    await instance.signInAtDesk('clinician');
    await page.goto(`${instance.urls.sample}/sign-in/combined`);
    await page.getByText('656005750107').waitFor();
    assert.doesNotMatch((await page.textContent('main')) ?? '', /656005750108/);
    await context.close();
    await instance.api('DELETE', '/readers/0/card');
  });

  for (const [persona, sentence] of [
    ['locked', /blocked/i],
    ['expired', /expired/i],
    ['revoked', /revoked/i],
    ['foreign', /not (issued|recogni|trust|known)|unknown|issuer/i],
  ] as const) {
    test(`sees the reason for refusing the card of "${persona}"`, async () => {
      await instance.api('PUT', '/readers/0/card', { card: persona });
      const { question } = await instance.api<{ question: string | null }>('GET', '/agent');
      assert.equal(question, null, 'no PIN is asked');
      const answer = await instance.call('POST', '/agent/pin', { pin: '123456' });
      const status = await instance.api<{ state: string; reason: string | null }>('GET', '/agent');
      assert.ok(['blocked', 'cardRejected'].includes(status.state), `${persona}: ${status.state}`);
      assert.match(`${status.reason} ${JSON.stringify(answer.body)}`, sentence);
      await instance.api('DELETE', '/readers/0/card');
    });
  }
});
