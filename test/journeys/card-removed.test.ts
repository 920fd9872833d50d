import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Browser } from 'playwright-core';
import { launchBrowser } from '../support/browser.ts';
import { startInstance, type TestInstance } from '../support/instance.ts';

describe('the card leaves the reader', () => {
  let instance: TestInstance;
  let browser: Browser;
  before(async () => {
    [instance, browser] = await Promise.all([startInstance(), launchBrowser()]);
  });
  after(async () => {
    await browser?.close();
    await instance?.stop();
  });

  test('the session at the desk, at CIS2, in the application and the tokens of the platform end', async () => {
    await instance.signInAtDesk('gp');
    const context = await browser.newContext();
    const page = await context.newPage();
    await page.goto(`${instance.urls.sample}/sign-in/separate`);
    await page.getByRole('button', { name: 'Find patient' }).waitFor();
    await page.goto(`${instance.urls.sample}/patient?nhs-number=9000000009`);
    await page.getByText('2010-10-22').waitFor();
    await instance.api('DELETE', '/readers/0/card');
    assert.equal((await instance.api<{ state: string }>('GET', '/agent')).state, 'noCard');
    // Back-channel logout has one second; the application forgets the person, so its front page asks for a sign-in again.
    await assert.doesNotReject(async () => {
      for (let attempt = 0; ; attempt++) {
        await page.goto(instance.urls.sample);
        if (await page.getByRole('link', { name: 'Sign in (combined)' }).isVisible()) return;
        if (attempt > 20) throw new Error('the application still shows the person');
      }
    });
    await page.goto(`${instance.urls.sample}/sign-in/combined`);
    assert.equal(
      new URL(page.url()).origin,
      instance.urls.identityAgent,
      'the next sign-in asks at the agent',
    );
    await context.close();
  });
});
