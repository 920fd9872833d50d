import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Browser } from 'playwright-core';
import { launchBrowser } from '../testing/browser.ts';
import { findPatient } from '../testing/desk.ts';
import { startInstance, type TestInstance } from '../testing/instance.ts';
import { Navigator } from '../testing/navigate.ts';

describe('removing the card', { timeout: 60_000 }, () => {
  let instance: TestInstance;
  let browser: Browser;
  before(async () => {
    [instance, browser] = await Promise.all([startInstance(), launchBrowser()]);
  });
  after(async () => {
    await browser?.close();
    await instance?.stop();
  });

  test('ends the session at the workstation, at CIS2 and in the application, and the tokens of the platform', async () => {
    await instance.signInAtDesk('gp');
    const context = await browser.newContext();
    const page = await context.newPage();
    await page.goto(`${instance.urls.sample}/sign-in/separate`);
    await page.getByRole('button', { name: 'Find patient' }).waitFor();
    await findPatient(page);
    await page.getByText('2010-10-22').waitFor();
    assert.ok(!page.url().includes('9000000009'), 'no patient is in an address');
    await instance.api('DELETE', '/readers/0/card');
    assert.equal((await instance.api<{ state: string }>('GET', '/agent')).state, 'noCard');
    // Back-channel logout may take a second; then the application's front page asks for a sign-in again.
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

  test('and inserting another signs the first person out of a combined application at its next page', async () => {
    await instance.signInAtDesk('gp');
    const context = await browser.newContext();
    const page = await context.newPage();
    await page.goto(`${instance.urls.sample}/sign-in/combined`);
    const first = page.getByRole('definition').filter({ hasText: 'Quillfeather' });
    await first.waitFor();
    await instance.api('PUT', '/faults/platform-api-unavailable', {});
    await page.reload();
    await first.waitFor();
    await instance.api('DELETE', '/faults/platform-api-unavailable');

    await instance.signInAtDesk('clinician');
    const ended = page.getByRole('status').filter({ hasText: 'another person signed in' });
    // The tokens end with back-channel logout to the platform, which may take a second.
    const until = Date.now() + 10_000;
    while (!(await ended.isVisible())) {
      assert.ok(Date.now() < until, 'the application still greets the first person');
      await page.reload();
    }
    assert.doesNotMatch(await page.content(), /Quillfeather/);
    await page.reload();
    assert.doesNotMatch(await page.content(), /Quillfeather/, 'the session is over, not hidden');

    await page.getByRole('link', { name: 'Sign in (combined)' }).click();
    await page.getByRole('definition').filter({ hasText: 'Pennywhistle' }).waitFor();
    await context.close();
  });

  test('ends the session of a combined application at its next call of an API', async () => {
    await instance.signInAtDesk('gp');
    const context = await browser.newContext();
    const page = await context.newPage();
    await page.goto(`${instance.urls.sample}/sign-in/combined`);
    await page.getByRole('button', { name: 'Find patient' }).waitFor();
    const called = `${instance.urls.sample}/hello`;
    await page.goto(called);
    await page.getByText('answered 200').waitFor();
    await instance.api('PUT', '/clock', { advance: 61 });
    await instance.api('DELETE', '/readers/0/card');
    // The tokens end with back-channel logout, which may take a second. Then the agent asks for a card.
    const agent = instance.urls.identityAgent;
    while (new URL(page.url()).origin !== agent) await page.goto(called);
    await page.goto(instance.urls.sample);
    assert.ok(await page.getByRole('link', { name: 'Sign in (combined)' }).isVisible());
    await context.close();
  });

  test('makes the platform refuse the access token and the refresh token', async () => {
    const callback = 'http://localhost:1/callback';
    const { platform } = await instance.api<{ platform: { clientId: string; clientSecret: string } }>(
      'POST',
      '/applications',
      {
        name: 'Refreshes',
        profile: 'nhs',
        platform: { callbackUrls: [callback], products: ['hello-world'] },
      },
    );
    const token = async (members: Record<string, string>) => {
      const response = await fetch(`${instance.urls.api}/oauth2/token`, {
        method: 'POST',
        body: new URLSearchParams({
          ...members,
          client_id: platform.clientId,
          client_secret: platform.clientSecret,
        }),
      });
      return { status: response.status, body: (await response.json()) as Record<string, string> };
    };
    const call = async (access: string | undefined) =>
      (
        await fetch(`${instance.urls.api}/hello-world/hello/user`, {
          headers: { authorization: `Bearer ${access}` },
        })
      ).status;

    await instance.signInAtDesk('gp');
    const query = new URLSearchParams({
      client_id: platform.clientId,
      redirect_uri: callback,
      response_type: 'code',
      state: 'any',
    });
    const { address } = await new Navigator().go(`${instance.urls.api}/oauth2/authorize?${query}`, callback);
    const code = new URL(address).searchParams.get('code') ?? '';
    const first = await token({ grant_type: 'authorization_code', code, redirect_uri: callback });
    const second = await token({
      grant_type: 'refresh_token',
      refresh_token: first.body.refresh_token ?? '',
    });
    assert.equal(second.status, 200, 'while the card is in, the token is renewed');
    assert.equal(await call(second.body.access_token), 200);

    await instance.api('DELETE', '/readers/0/card');
    while ((await call(second.body.access_token)) !== 401);
    const refused = await token({
      grant_type: 'refresh_token',
      refresh_token: second.body.refresh_token ?? '',
    });
    assert.deepEqual([refused.status, refused.body.error], [401, 'invalid_grant']);
  });
});
