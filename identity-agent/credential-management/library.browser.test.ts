import assert from 'node:assert/strict';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, type TestContext, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { launchBrowser } from '../../test/testing/browser.ts';
import { signingProgram } from '../../test/testing/signing-program.ts';
import { rightPin } from '../testing/desk.ts';
import { assertSigned, signingDesk } from '../testing/signing-desk.ts';
import { base64, type HubAnswer, toSign } from '../testing/signing-page.ts';

let browser: Browser;
let program: string;
before(async () => {
  browser = await launchBrowser();
  program = await signingProgram();
});
after(() => browser?.close());

/** A page of an application, at an origin of this machine by default. */
async function applicationPage(t: TestContext, host = 'localhost'): Promise<{ page: Page; origin: string }> {
  const server = http.createServer((request, answer) => {
    const isProgram = request.url === '/page.js';
    answer.setHeader('content-type', isProgram ? 'text/javascript' : 'text/html');
    answer.end(
      isProgram ? program : '<!doctype html><title>Prescribe</title><script src="/page.js"></script>',
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const origin = `http://${host}:${(server.address() as AddressInfo).port}`;
  const context = await browser.newContext();
  t.after(async () => {
    await context.close();
    server.close();
    server.closeAllConnections();
  });
  const page = await context.newPage();
  await page.goto(`${origin}/`);
  return { page, origin };
}

/** What the program of the page has in its global scope. */
interface PageProgram {
  signDocuments(ports: readonly number[], request: string, method: string): PromiseLike<unknown>;
  hub: { invoke(method: string, request: string): PromiseLike<unknown> };
}

/** Runs the program in the page; its failures are text. */
const sign = (page: Page, ports: readonly number[], request: string, method = 'requestToSign') =>
  page.evaluate(
    async ([all, argument, name]): Promise<HubAnswer & { failed?: string }> => {
      const program = globalThis as unknown as PageProgram;
      try {
        return { R: (await program.signDocuments(all, argument, name)) as HubAnswer['R'], I: '' };
      } catch (error) {
        return { failed: error instanceof Error ? error.message : String(error), I: '' };
      }
    },
    [[...ports], request, method] as const,
  );

const encoded = (documents: readonly string[]) => base64(JSON.stringify(toSign(documents)));

describe("a page with the published library's SignalR client", () => {
  test('has documents signed after the PIN on the page of the agent', async (t) => {
    const desk = await signingDesk(t);
    await desk.signIn();
    const { page, origin } = await applicationPage(t);
    const documents = ['first document', 'second document'];
    const signing = sign(page, [1, desk.port], encoded(documents));
    await desk.asked();
    const consent = await page.context().newPage();
    await consent.goto(`${desk.origin}/signature`);
    await consent.getByText(`${origin} asks you to sign 2 documents.`).waitFor();
    assert.equal(
      await consent.locator('details code').first().isVisible(),
      false,
      'digests are shown on demand',
    );
    await consent.getByText('SHA-256 of the documents').click();
    assert.equal(await consent.locator('details code').count(), 2);
    assert.match((await consent.locator('details code').first().textContent()) ?? '', /^[0-9a-f]{64}$/);
    await consent.fill('#pin', rightPin);
    await consent.getByRole('button', { name: 'Sign', exact: true }).click();
    assertSigned(await signing, documents);
    await consent.getByText('No page asks for a signature now.').waitFor();
  });

  test('has 250 documents signed in one request', async (t) => {
    const desk = await signingDesk(t);
    await desk.signIn();
    const { page } = await applicationPage(t);
    const documents = Array.from({ length: 250 }, (_, index) => `document ${index} ${'x'.repeat(800)}`);
    const signing = sign(page, [desk.port], encoded(documents));
    await desk.asked();
    await desk.call('answerPin', { pin: rightPin });
    assertSigned(await signing, documents);
  });

  test('gets the published errors, and those of SignalR', async (t) => {
    const desk = await signingDesk(t);
    const { page } = await applicationPage(t);
    assert.equal((await sign(page, [desk.port], encoded(['a']))).R?.status_code, 1_397_311_237);
    await desk.call('insertCard', { card: 'ada' });
    assert.equal((await sign(page, [desk.port], 'Some Payload')).R?.status_code, 1_397_311_235);
    assert.match(
      (await sign(page, [desk.port], '', 'sign')).failed ?? '',
      /'sign' method could not be resolved/,
    );
  });

  test('learns that the user declined, and asks again on the same connection', async (t) => {
    const desk = await signingDesk(t);
    await desk.call('insertCard', { card: 'ada' });
    const { page } = await applicationPage(t);
    const signing = sign(page, [desk.port], encoded(['a']));
    await desk.asked();
    const consent = await page.context().newPage();
    await consent.goto(`${desk.origin}/signature`);
    await consent.getByRole('button', { name: 'Do not sign' }).click();
    assert.equal((await signing).R?.status_code, 0x53494780);
    const again = page.evaluate(
      async (request) => ({
        R: (await (globalThis as unknown as PageProgram).hub.invoke(
          'requestToSign',
          request,
        )) as HubAnswer['R'],
        I: '',
      }),
      encoded(['b']),
    );
    await desk.asked();
    await desk.call('answerPin', { pin: rightPin });
    assertSigned(await again, ['b']);
  });

  test('that is closed withdraws its question', async (t) => {
    const desk = await signingDesk(t);
    await desk.call('insertCard', { card: 'ada' });
    const { page } = await applicationPage(t);
    const signing = sign(page, [desk.port], encoded(['a'])).catch(() => undefined);
    await desk.asked();
    await page.close();
    await signing;
    for (let tries = 0; (await desk.call('status')).question === 'signature'; tries += 1) {
      assert.ok(tries < 500);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  });

  test('of another site finds no agent', async (t) => {
    const desk = await signingDesk(t, { credentialManagementOrigin: ['https://prescribing.example'] });
    await desk.call('insertCard', { card: 'ada' });
    // Chromium resolves every name below localhost to this machine; as an origin it is another one.
    const { page } = await applicationPage(t, 'evil.localhost');
    assert.match((await sign(page, [desk.port], encoded(['a']))).failed ?? '', /All promises were rejected/);
    assert.equal((await desk.call('status')).question, 'pin');
  });
});
