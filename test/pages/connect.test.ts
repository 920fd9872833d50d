import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { Browser, BrowserContext, Locator, Page } from 'playwright-core';
import { examineInAllWindows } from '../testing/accessible.ts';
import { launchBrowser } from '../testing/browser.ts';
import { freePort } from '../testing/free-port.ts';
import { startInstance, type TestInstance } from '../testing/instance.ts';

describe('from nothing to a patient', () => {
  let instance: TestInstance;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  let folder: string;
  let running: ChildProcess | undefined;
  const complaints: string[] = [];
  before(async () => {
    [instance, browser] = await Promise.all([startInstance(), launchBrowser()]);
    context = await browser.newContext({ bypassCSP: true });
    page = await context.newPage();
    page.on('pageerror', (error) => complaints.push(String(error)));
    folder = await mkdtemp(join(tmpdir(), 'connect-'));
    // In place of `npm install`.
    await symlink(resolve('node_modules'), join(folder, 'node_modules'), 'dir');
  });
  after(async () => {
    running?.kill();
    await browser?.close();
    await instance?.stop();
    if (folder) await rm(folder, { recursive: true });
  });

  /** Clicks, copied blocks that are pasted into a file, and lines of a terminal. */
  const acts: string[] = [];
  const click = async (what: string, at: Locator) => {
    acts.push(`click ${what}`);
    await at.click();
  };
  /** Clicks a button that copies, and pastes into a file. */
  const paste = async (what: string, from: Locator, file: string) => {
    acts.push(`copy ${what}`, `paste ${what}`);
    await writeFile(join(folder, file), (await from.getAttribute('data-copy')) ?? '');
  };
  /** Starts the program and waits until it listens. */
  const start = async (port: number): Promise<void> => {
    const child = spawn(process.execPath, ['--env-file=.env', 'app.mjs'], { cwd: folder, stdio: 'inherit' });
    running = child;
    for (;;) {
      assert.equal(child.exitCode, null, 'the program ended');
      const answers = await fetch(`http://localhost:${port}/`, { redirect: 'manual' }).then(
        () => true,
        () => false,
      );
      if (answers) return;
      await new Promise((next) => setTimeout(next, 100));
    }
  };
  const ticked = (title: string) => page.locator('.first-steps .done').filter({ hasText: title }).waitFor();

  test('takes at most 12 clicks and pasted lines, and the page ticks itself', async () => {
    const port = await freePort();
    await page.goto(instance.urls.console);
    await click('the card', page.getByRole('button', { name: 'Insert the card of the GP' }));
    await page.getByText('The card is in the reader and the PIN was given.').waitFor();
    await click('register', page.getByRole('link', { name: 'Register your application' }));
    await page.getByLabel('Name', { exact: true }).fill('Ward Round');
    await page.getByLabel('Callback URL 1').fill(`http://localhost:${port}/callback`);
    await click('send', page.getByRole('button', { name: 'Register', exact: true }));
    await page.getByRole('heading', { name: 'Ward Round is registered' }).waitFor();
    await ticked('Registered');
    const settings = page.locator('#environment [data-copy]');
    const lines = (await settings.getAttribute('data-copy')) ?? '';
    assert.match(lines, /^WARD_ROUND_PLATFORM_CLIENT_SECRET=\S{20,}$/m);
    for (const name of ['AUTHORIZE', 'TOKEN', 'PDS'])
      assert.match(lines, new RegExp(`^ALONGSIDE_${name}_URL=http`, 'm'));
    await paste('the settings', settings, '.env');
    await paste('the program', page.locator('#code-0 [data-copy]').first(), 'app.mjs');
    acts.push(
      ...((await page.locator('#code-0 [data-copy]').last().getAttribute('data-copy')) ?? '').split('\n'),
    );
    await start(port);
    const [application] = await Promise.all([
      context.waitForEvent('page'),
      click('sign in', page.getByRole('link', { name: `open http://localhost:${port}/` })),
    ]);
    await application.getByText(/born \d{4}-\d\d-\d\d/).waitFor();
    await application.close();
    await ticked('Its first request arrived');
    await ticked('It got tokens');
    await ticked('It called an API');
    assert.ok(acts.length <= 12, acts.join('\n'));
    assert.deepEqual(complaints, []);

    // The program for openid-client reads the patient too.
    const first = running;
    first?.kill();
    if (first?.exitCode === null && first.signalCode === null) await once(first, 'exit');
    await writeFile(
      join(folder, 'app.mjs'),
      (await page.locator('#code-1 [data-copy]').first().getAttribute('data-copy')) ?? '',
    );
    await start(port);
    const other = await context.newPage();
    await other.goto(`http://localhost:${port}/`);
    assert.match((await other.textContent('body')) ?? '', /"resourceType":\s*"Patient"/);
    await other.close();
    await page.reload();
    await page.getByRole('heading', { name: '1. Save this as .env' }).waitFor();
    assert.match((await settings.getAttribute('data-copy')) ?? '', /^WARD_ROUND_PLATFORM_CLIENT_SECRET=$/m);
    await examineInAllWindows(page, 'connect');
  });
});
