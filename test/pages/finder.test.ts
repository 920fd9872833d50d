import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { examine, isAccessible } from '../testing/accessible.ts';
import { launchBrowser } from '../testing/browser.ts';
import { startInstance, type TestInstance } from '../testing/instance.ts';

interface Found {
  kind: string;
  label: string;
  href: string;
}

describe('search by what people have', () => {
  let instance: TestInstance;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  let messageId = '';
  const complaints: string[] = [];
  before(async () => {
    instance = await startInstance();
    const answer = await fetch(`${instance.urls.api}/oauth2/token`, {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'authorization_code',
        client_id: 'demo-combined-key-7Qm2Lx9TbV',
        client_secret: 'wrong',
        code: 'any',
        redirect_uri: 'http://localhost:8405/combined/callback',
      }),
    });
    assert.equal(answer.status, 401);
    messageId = answer.headers.get('x-message-id') ?? '';
    browser = await launchBrowser();
    context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
    page = await context.newPage();
    page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(error.message));
  });
  after(async () => {
    await browser?.close();
    await instance?.stop();
  });

  const found = async (q: string): Promise<Found[]> =>
    (await instance.api<{ results: Found[] }>('GET', `/search?${new URLSearchParams({ q })}`)).results;

  test('finds by error code, words, path, status, error, application, person and each id', async () => {
    const rows = [
      ['invalid_client', 'error', /^\/errors\/authorisation\.clientOrSecret$/],
      ['invalid_client', 'journey', /^\/journeys\/.+\?step=\d+$/],
      ['client secret', 'error', /^\/errors\/authorisation\.clientOrSecret$/],
      ['client secret', 'journey', /^\/journeys\//],
      ['oauth2/token', 'journey', /^\/journeys\//],
      ['401', 'error', /^\/errors\//],
      ['401', 'journey', /^\/journeys\//],
      ['gateway.expiredToken', 'error', /^\/errors\/gateway\.expiredToken$/],
      ['authorisation.clientOrSecret', 'refusal', /^\/journeys\//],
      ['demo-combined', 'application', /^\/applications\/demo-combined$/],
      ['Quillfeather', 'person', /^\/people\/\d{12}$/],
      ['nurse', 'person', /^\/people\/\d{12}$/],
      ['656005750108', 'person', /^\/people\/656005750108$/],
      [messageId, 'message', /^\/journeys\/.+\?step=1$/],
    ] as const;
    for (const [q, kind, href] of rows) {
      const results = await found(q);
      assert.ok(
        results.some((result) => result.kind === kind && href.test(result.href)),
        `${q} finds no ${kind}: ${JSON.stringify(results)}`,
      );
    }
    const errors = (await found('Authorisation.clientOrSecret')).filter(({ kind }) => kind === 'error');
    assert.deepEqual(
      errors.map(({ href }) => href),
      ['/errors/authorisation.clientOrSecret'],
      'no error whose text only names this one',
    );
    assert.deepEqual(await found('no such words at all'), []);
  });

  test('has a page for every error that it finds', async () => {
    for (const q of ['invalid_client', 'expired', '403'])
      for (const { kind, href } of await found(q)) {
        if (kind !== 'error') continue;
        const answer = await fetch(`${instance.urls.console}${href}`);
        assert.equal(answer.status, 200, href);
      }
    assert.equal((await fetch(`${instance.urls.console}/errors/no.such`)).status, 404);
  });

  test('opens by Ctrl-K, is used by arrows, Enter and Escape, and gives the focus back', async () => {
    await page.goto(`${instance.urls.console}/journeys`);
    await page.locator('#live[data-state=live]').waitFor();
    await page.locator('#navigation a[href="/faults"]').focus();
    await page.keyboard.press('Control+k');
    const input = page.getByRole('combobox', { name: /^Find/ });
    await input.waitFor();
    assert.equal(await input.evaluate((element) => element === document.activeElement), true);
    await page.keyboard.press('Escape');
    assert.equal(await page.evaluate('document.activeElement.getAttribute("href")'), '/faults');
    await page.keyboard.press('Control+k');
    await page.keyboard.insertText('invalid_client');
    const option = page.locator('#finder-list [role=option]');
    await option.filter({ hasText: 'authorisation.clientOrSecret' }).first().waitFor();
    await examine(page, 'finder');
    await isAccessible(page);
    const active = () => input.getAttribute('aria-activedescendant');
    assert.equal(await active(), 'finder-0');
    await page.keyboard.press('ArrowDown');
    assert.equal(await active(), 'finder-1');
    await page.keyboard.press('ArrowUp');
    await page.keyboard.press('ArrowUp');
    assert.equal(await active(), `finder-${(await option.count()) - 1}`);
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/journeys\/.+step=1/);
    await page.goto(`${instance.urls.console}/errors/authorisation.clientOrSecret`);
    const example = page.getByRole('region', { name: 'The last request that got it' });
    assert.match(
      (await example.textContent()) ?? '',
      /POST http:\S+\/oauth2\/token.*client_id.*Answer: 401.*invalid_client/s,
    );
    await examine(page, 'error');
    await example.getByRole('link', { name: 'Open its journey' }).click();
    await page.waitForURL(/\/journeys\/.+step=1/);
    assert.deepEqual(complaints, []);
  });

  test('finds a page of the navigation at once, and sends no text that looks like a token', async () => {
    const asked: string[] = [];
    page.on('request', (request) => request.url().includes('/search?') && asked.push(request.url()));
    await page.goto(`${instance.urls.console}/`);
    await page.locator('#live[data-state=live]').waitFor();
    await page.keyboard.press('Control+k');
    for (const text of ['eyJhbGciOiJSUzI1NiJ9', 'client_secret=1234', 'Bearer 1234', '"code": "1234"']) {
      await page.locator('#finder-text').fill(text);
      await page.waitForTimeout(300);
    }
    assert.deepEqual(asked, []);
    await page.locator('#finder-text').fill('fault');
    await page.getByRole('option', { name: 'page Faults' }).waitFor();
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/faults$/);
  });

  test('filters the list of journeys, and explains words', async () => {
    await page.goto(`${instance.urls.console}/journeys?q=client+secret`);
    assert.equal(await page.locator('#part-list').getByText('The client secret is wrong').count(), 1);
    await page.goto(`${instance.urls.console}/explain?q=invalid_client`);
    assert.equal(await page.getByText('Taken for words of an error').count(), 1);
    assert.equal(await page.locator('.banner').getByText('The client secret is wrong').count(), 1);
    await page.goto(`${instance.urls.console}/search?q=oauth2/token`);
    assert.equal(await page.getByRole('heading', { name: 'Journeys' }).count(), 1);
  });
});
