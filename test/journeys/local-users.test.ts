import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { describe, type TestContext, test } from 'node:test';
import type { Page } from 'playwright-core';
import { serveAsAnotherUser } from '../testing/another-user.ts';
import { launchBrowser } from '../testing/browser.ts';
import { startInstance, type TestInstance } from '../testing/instance.ts';

// Another user of the machine uses the id of a public native client (RFC 8252 section 8.6). Only root can act as another user;
// src/cis2/sign-in/public-listener.test.ts covers the rest.
if (process.getuid?.() === 0)
  describe('a sign-in that another user of the machine has begun', () => {
    const scope = 'urn:nhsd:apim:user-nhs-cis2:aal3:personal-demographics-service';

    async function desk(t: TestContext, settings: Record<string, unknown>) {
      const [instance, browser] = await Promise.all([startInstance(settings), launchBrowser()]);
      t.after(async () => {
        await browser.close();
        await instance.stop();
      });
      await instance.signInAtDesk('gp');
      const context = await browser.newContext();
      const page = await context.newPage();
      await page.goto(`${instance.urls.sample}/sign-in/combined`);
      await page.getByRole('button', { name: 'Find patient' }).waitFor();
      return { instance, context, page };
    }

    const verifier = randomBytes(32).toString('base64url');
    function linkTo({ urls }: TestInstance, port: number): string {
      const query = new URLSearchParams({
        response_type: 'code',
        client_id: 'demo-native',
        redirect_uri: `http://127.0.0.1:${port}/callback`,
        scope,
        state: 'chosen-by-the-other-user',
        code_challenge: createHash('sha256').update(verifier).digest('base64url'),
        code_challenge_method: 'S256',
      });
      return `${urls.api}/oauth2.1/authorize?${query}`;
    }
    const open = async (page: Page, url: string): Promise<string> => {
      await page.goto(url);
      return (await page.textContent('main')) ?? '';
    };

    test('is refused by the agent, which sees whose program listens', async (t) => {
      const { instance, page } = await desk(t, {});
      const { port, received } = await serveAsAnotherUser(t);
      const text = await open(page, linkTo(instance, port));
      assert.match(text, /Another user of this computer waits for this sign-in/);
      assert.ok(page.url().startsWith(instance.urls.identityAgent));
      assert.deepEqual(received, []);
    });

    test('gets no code before the user confirms its name, where the agent cannot see that', async (t) => {
      const { instance, context, page } = await desk(t, { anyLocalUser: true });
      const { port, received } = await serveAsAnotherUser(t);
      const text = await open(page, linkTo(instance, port));
      assert.match(text, /You are signing in to demo-native/);
      assert.match(page.url(), /\/interaction\/[\w-]+\/confirm$/);
      assert.deepEqual(received, []);

      // A page of the other user cannot press the button: it may neither frame the page nor send its form.
      const frame = `<iframe src="${linkTo(instance, port)}"></iframe>`;
      const form = `<form method="post" action="${page.url()}"><button name="answer" value="yes">Win</button></form>`;
      const trap = await serveAsAnotherUser(t, { page: `${frame}${form}` });
      const trapped = await context.newPage();
      await trapped.goto(`http://${new URL(instance.urls.cis2Issuer).hostname}:${trap.port}/`);
      await trapped.getByRole('button').click();
      await trapped.getByText('access_denied').waitFor();
      assert.deepEqual(received, []);

      await page.getByRole('button', { name: 'Cancel' }).click();
      await page.waitForURL(/\/callback/);
      assert.match(received[0] ?? '', /^\/callback\?error=access_denied/);
    });

    test('is remembered for the browser, the client and the user once it is confirmed', async (t) => {
      const { instance, page } = await desk(t, { anyLocalUser: true });
      const { port, received } = await serveAsAnotherUser(t);
      await open(page, linkTo(instance, port));
      await page.getByRole('button', { name: 'Continue as' }).click();
      await page.waitForURL(/\/callback/);
      await page.goto(linkTo(instance, port));
      await page.waitForURL(/\/callback/);
      assert.deepEqual(
        received.filter((url) => url.startsWith('/callback')).map((url) => url.slice(0, 15)),
        ['/callback?code=', '/callback?code='],
      );
    });
  });
