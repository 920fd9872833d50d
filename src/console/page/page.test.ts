import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { examine } from '../../../test/testing/accessible.ts';
import { launchBrowser } from '../../../test/testing/browser.ts';
import { startInstance, type TestInstance } from '../../../test/testing/instance.ts';

describe('the first page of the console', () => {
  let instance: TestInstance;
  let browser: Browser;
  before(async () => {
    [instance, browser] = await Promise.all([startInstance(), launchBrowser()]);
  });
  beforeEach(() => instance.api('DELETE', '/readers/0/card'));
  after(async () => {
    await browser?.close();
    await instance?.stop();
  });

  /** Opens the page in a new context and collects the browser's complaints. */
  async function open(
    options: BrowserContextOptions = {},
  ): Promise<{ page: Page; complaints: string[]; close(): Promise<void> }> {
    const context = await browser.newContext(options);
    const page = await context.newPage();
    const complaints: string[] = [];
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(String(error)));
    await page.goto(`${instance.urls.console}/everything`);
    return { page, complaints, close: () => context.close() };
  }

  test('is readable without a script and names the parts that need one', async () => {
    await instance.signInAtDesk('gp');
    const { page, close } = await open({ javaScriptEnabled: false });
    await page.locator('noscript p').waitFor();
    assert.deepEqual(await page.getByRole('button').allTextContents(), ['Explain']);
    const text = (await page.textContent('main')) ?? '';
    for (const part of [instance.urls.cis2Issuer]) assert.ok(text.includes(part), part);
    await close();
  });

  test('explains a refused request by the message id of the error', async () => {
    const { message_id: id } = (await (
      await fetch(`${instance.urls.api}/oauth2/authorize?client_id=${encodeURIComponent('<b>nobody')}`)
    ).json()) as { message_id: string };
    const { page, complaints, close } = await open({ javaScriptEnabled: false });
    const ask = async (what: string) => {
      await page.getByLabel('Message id of the error').fill(what);
      await page.getByRole('button', { name: 'Explain' }).click();
    };
    await ask(id);
    await page.getByText('no application at /oauth2 has the client id <b>nobody').waitFor();
    await page.getByRole('status').getByText('authorisation.clientUnknown').waitFor();
    await ask('"><script>alert(1)</script>');
    await page.getByText('No refusal with the id').waitFor();
    assert.deepEqual(complaints, []);
    await close();
  });

  for (const { name, options } of [
    { name: 'in light', options: {} },
    { name: 'in dark', options: { colorScheme: 'dark' as const } },
    { name: 'at 320 px', options: { viewport: { width: 320, height: 700 } } },
  ])
    test(`passes the accessibility check ${name}`, async () => {
      await instance.api('PUT', '/readers/0/card', { card: 'nurse' });
      const { page, complaints, close } = await open({ ...options, bypassCSP: true });
      await examine(page, `console ${name}`);
      assert.deepEqual(complaints, []);
      await close();
    });

  test('allows only its own scripts, styles and frames', async () => {
    const response = await fetch(instance.urls.console);
    const policy = response.headers.get('content-security-policy') ?? '';
    for (const rule of [
      "default-src 'none'",
      "script-src 'self'",
      "style-src 'self'",
      "connect-src 'self'",
      "frame-ancestors 'none'",
    ])
      assert.ok(policy.includes(rule), rule);
    assert.doesNotMatch(await response.text(), /\sstyle="|<script>|\son\w+="/);
  });
});
