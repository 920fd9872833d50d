import assert from 'node:assert/strict';
import http from 'node:http';
import { after, before, describe, type TestContext, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { launchBrowser } from '../../test/testing/browser.ts';
import { type TestDesk, testDesk } from '../testing/desk.ts';

// Attacks of a foreign page in the victim's browser on the agent, with a real Chromium and a signed-in user.

let browser: Browser;
before(async () => {
  browser = await launchBrowser();
});
after(() => browser?.close());

/** Opens a page of another site in the victim's browser. */
async function evilPage(t: TestContext): Promise<Page> {
  const server = http.createServer((_request, answer) => {
    answer.setHeader('content-type', 'text/html');
    answer.end('<!doctype html><title>Evil</title><p>Win a prize</p>');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  const context = await browser.newContext();
  t.after(async () => {
    await context.close();
    server.close();
  });
  const page = await context.newPage();
  // The same host with another name and port: the closest that a foreign page can be.
  await page.goto(`http://localhost:${port}/`);
  return page;
}

const unharmed = async (desk: TestDesk) => {
  assert.deepEqual([desk.cis2.proofs.length, desk.cis2.codes.length], [0, 0]);
  const { state, attemptsLeft } = await desk.call('status');
  assert.deepEqual([state, attemptsLeft], ['signedIn', 3]);
};

describe('a foreign page with a signed-in user', () => {
  test('framing: sees an empty frame, and uses up no request', async (t) => {
    const desk = await testDesk(t);
    await desk.signIn();
    const page = await evilPage(t);
    const { jws } = await desk.cis2.request();
    for (const path of [`/v1/cis2?request=${jws}`, '/', '/card']) {
      const answered = page.waitForResponse((response) => response.url().startsWith(desk.origin));
      await page.evaluate((url) => {
        const frame = document.createElement('iframe');
        frame.src = url;
        document.body.append(frame);
      }, `${desk.origin}${path}`);
      assert.equal((await answered).status(), 403, path);
    }
    for (const frame of page.frames().slice(1))
      assert.doesNotMatch(await frame.content().catch(() => ''), /Identity Agent/);
    await unharmed(desk);
    assert.equal((await desk.handOff(jws)).status, 302, 'the request was not used up');
  });

  test('fetch, beacon, image, script and stylesheet: reads nothing and changes nothing', async (t) => {
    const desk = await testDesk(t, { fetchTransport: true });
    await desk.signIn();
    const page = await evilPage(t);
    const { jws } = await desk.cis2.request();
    const tried = await page.evaluate(
      async ([agent, request]) => {
        const call = (path: string, init: RequestInit) =>
          fetch(`${agent}${path}`, init).then(
            (answer) => answer.type,
            () => 'blocked',
          );
        const json = { 'content-type': 'application/json', 'x-identity-agent': '1' };
        const body = JSON.stringify({ request });
        navigator.sendBeacon(`${agent}/v1/cis2`, body);
        return {
          get: await call(`/v1/cis2?request=${request}`, {}),
          opaque: await call(`/v1/cis2?request=${request}`, { mode: 'no-cors' }),
          post: await call('/v1/cis2', { method: 'POST', headers: json, body }),
          simple: await call('/v1/cis2', { method: 'POST', body, mode: 'no-cors' }),
          health: await call('/healthz', { mode: 'no-cors' }),
        };
      },
      [desk.origin, jws] as const,
    );
    assert.deepEqual(tried, {
      get: 'blocked',
      opaque: 'blocked',
      post: 'blocked',
      simple: 'blocked',
      health: 'blocked',
    });
    await unharmed(desk);
  });

  test('WebSocket: cannot open one', async (t) => {
    const desk = await testDesk(t);
    await desk.signIn();
    const page = await evilPage(t);
    const { jws } = await desk.cis2.request();
    const outcome = await page.evaluate(
      (url) =>
        new Promise<string>((resolve) => {
          const socket = new WebSocket(url);
          socket.onopen = () => resolve('opened');
          socket.onerror = () => resolve('refused');
        }),
      `${desk.origin.replace('http', 'ws')}/v1/cis2?request=${jws}`,
    );
    assert.equal(outcome, 'refused');
    await unharmed(desk);
  });

  test('popup: can neither read it nor submit its forms', async (t) => {
    const desk = await testDesk(t);
    await desk.signIn();
    const page = await evilPage(t);
    const opened = page.context().waitForEvent('page');
    await page.evaluate((url) => {
      (globalThis as unknown as { popup: unknown }).popup = open(url);
    }, `${desk.origin}/card`);
    const popup = await opened;
    await popup.getByText('Dr Ada Fictional').waitFor();
    const read = await page.evaluate(() => {
      try {
        return (globalThis as unknown as { popup: Window }).popup.location.href;
      } catch {
        return 'closed to us';
      }
    });
    assert.equal(read, 'closed to us');
    // Even with the path, which no page can learn, the form of another origin is refused.
    await page.evaluate((action) => {
      const form = Object.assign(document.createElement('form'), { method: 'post', action });
      form.innerHTML =
        '<input name="card"><input name="pin" value="999999"><input name="newPin" value="222222">';
      document.body.append(form);
      form.submit();
    }, `${popup.url()}/change-pin`);
    await page.getByText('not sent by a page of the Identity Agent').waitFor();
    await unharmed(desk);
  });

  test('clickjacking by history: sees no PIN prompt from the cache after the page was left', async (t) => {
    const desk = await testDesk(t);
    await desk.call('insertCard', { card: 'ada' });
    const page = await evilPage(t);
    const { jws } = await desk.cis2.request();
    await page.goto(`${desk.origin}/v1/cis2?request=${jws}`);
    await page.waitForSelector('input[name=pin]');
    await page.click('button[value=cancel]');
    await page.waitForURL(`${desk.cis2.origin}/**`);
    await page.goBack().catch(() => undefined);
    assert.equal(await page.locator('input[name=pin]').count(), 0);
  });
});
