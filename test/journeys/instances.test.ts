import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { systemClock } from '@alongside/client';
import type { Browser } from 'playwright-core';
import { signClientAssertion } from '../../client/client-authentication.ts';
import { demoCredentials } from '../../src/seed/registrations.ts';
import { launchBrowser } from '../testing/browser.ts';
import { startInstance, type TestInstance } from '../testing/instance.ts';

describe('two instances on one machine, one browser', () => {
  let one: TestInstance;
  let two: TestInstance;
  let browser: Browser;
  before(async () => {
    [one, two, browser] = await Promise.all([startInstance(), startInstance(), launchBrowser()]);
    await one.signInAtDesk('gp');
    await two.signInAtDesk('clinician');
  });
  after(async () => {
    await browser?.close();
    await one?.stop();
    await two?.stop();
  });

  test('sign in their own users, at the same time and one after the other', async () => {
    const context = await browser.newContext();
    const tabs = await Promise.all([context.newPage(), context.newPage()]);
    for (let round = 0; round < 2; round++) {
      await Promise.all(
        [one, two].map((instance, index) => tabs[index]?.goto(`${instance.urls.sample}/sign-in/combined`)),
      );
      assert.match((await tabs[0]?.textContent('main')) ?? '', /656005750108/);
      assert.match((await tabs[1]?.textContent('main')) ?? '', /656005750107/);
    }
    await context.close();
  });

  test("refuse each other's access tokens", async () => {
    const made = await one.api<{ platform: { clientId: string } }>(
      'GET',
      '/applications/demo-app-restricted',
    );
    const assertion = await signClientAssertion({
      clientId: made.platform.clientId,
      audience: `${one.urls.api}/oauth2/token`,
      key: demoCredentials({} as never).appRestricted.key,
      alg: 'RS512',
      clock: systemClock,
    });
    const answer = await fetch(`${one.urls.api}/oauth2/token`, {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'client_credentials',
        client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
        client_assertion: assertion,
      }),
    });
    const { access_token } = (await answer.json()) as { access_token: string };
    const call = (instance: TestInstance) =>
      fetch(`${instance.urls.api}/hello-world/hello/application`, {
        headers: { authorization: `Bearer ${access_token}` },
      });
    assert.equal((await call(one)).status, 200);
    assert.equal((await call(two)).status, 401);
  });
});
