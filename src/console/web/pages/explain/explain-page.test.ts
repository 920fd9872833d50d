import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import type { Browser } from 'playwright-core';
import { launchBrowser } from '../../../../../test/testing/browser.ts';
import { startInstance, type TestInstance } from '../../../../../test/testing/instance.ts';
import { seededClients } from '../../../../seed/applications.ts';

const { clientId } = seededClients.combined;
const jwt = `eyJhbGciOiJSUzUxMiJ9.${Buffer.from(JSON.stringify({ iss: clientId, sub: clientId })).toString('base64url')}.${'c2ln'.repeat(80)}`;

describe('Explain and Search', () => {
  let instance: TestInstance;
  let browser: Browser;
  let refused: string;
  before(async () => {
    [instance, browser] = await Promise.all([startInstance(), launchBrowser()]);
    const response = await fetch(
      `${instance.urls.api}/oauth2/authorize?client_id=${clientId}&redirect_uri=x`,
    );
    refused = response.headers.get('x-message-id') ?? '';
  });
  after(async () => {
    await browser?.close();
    await instance?.stop();
  });

  test('a token pasted into the search is explained, and is in no address', async () => {
    const page = await browser.newPage();
    const addresses: string[] = [];
    page.on('request', (request) => addresses.push(request.url()));
    await page.goto(instance.urls.console);
    await page.fill('#search', jwt.slice(0, 400));
    await page.press('#search', 'Enter');
    await page.getByRole('heading', { name: 'Taken for a client assertion' }).waitFor();
    assert.ok(!addresses.some((address) => address.includes('eyJ')));
    await page.fill('#text', jwt);
    await page.getByRole('button', { name: 'Explain', exact: true }).click();
    await page
      .getByRole('row', { name: /kid failed/ })
      .first()
      .waitFor();
    await page.setViewportSize({ width: 1_280, height: 800 });
    const columns = await page
      .locator('#explanation table')
      .first()
      .locator('thead th')
      .evaluateAll((heads) => heads.map((head) => head.getBoundingClientRect().width));
    assert.equal(columns.length, 5);
    assert.ok(Math.min(...columns) > 100, `no column breaks words: ${columns.join(', ')}`);
    await page.getByRole('button', { name: 'It is a logout token' }).click();
    await page.getByRole('heading', { name: 'Taken for a logout token' }).waitFor();
    assert.equal(await page.evaluate(() => sessionStorage.getItem('explain')), null);
    await page.close();
  });

  test('a HAR is cut in the browser: headers, bodies and other servers stay there', async () => {
    const page = await browser.newPage();
    const sent: string[] = [];
    page.on('request', (request) => sent.push(request.postData() ?? ''));
    const secret = randomUUID();
    const entry = (url: string, status: number, id: string) => ({
      request: {
        method: 'GET',
        url,
        headers: [{ name: 'Cookie', value: secret }],
        postData: { text: secret },
      },
      response: {
        status,
        headers: [{ name: 'X-Message-Id', value: id }],
        content: { text: 'x'.repeat(200_000) },
      },
    });
    const entries = [
      entry(`https://elsewhere.test/${secret}`, 200, ''),
      entry(`${instance.urls.api}/oauth2/authorize?state=${secret}`, 400, refused),
      entry(`${instance.urls.api}/oauth2/_ping`, 200, ''),
    ];
    await page.goto(`${instance.urls.console}/explain`);
    await page.locator('#file').setInputFiles({
      name: 'a.har',
      mimeType: 'application/json',
      buffer: Buffer.from(JSON.stringify({ log: { entries } })),
    });
    await page.getByText('2 requests to this installation, 1 failed').waitFor();
    assert.match((await page.locator('.banner').textContent()) ?? '', /redirect_uri is not registered/);
    assert.ok(sent.some((body) => body.includes('_ping')) && !sent.some((body) => body.includes(secret)));
    await page.close();
  });

  test('work without script for ids, and never for what may be a secret', async () => {
    const read = async (path: string) => {
      const response = await fetch(instance.urls.console + path, { redirect: 'manual' });
      return { location: response.headers.get('location'), text: await response.text() };
    };
    assert.match((await read(`/explain?q=${refused}`)).text, /redirect_uri is not registered/);
    assert.match((await read(`/search?q=${refused}`)).location ?? '', /^\/journeys\/[\w-]+\?step=1$/);
    const byError = await read('/search?q=authorisation.redirectUnknown');
    assert.match(byError.location ?? '', /^\/journeys\/[\w-]+\?step=1$/);
    assert.equal((await read('/search?q=656005750108')).location, '/people/656005750108');
    assert.equal((await read(`/search?q=${clientId}`)).location, '/applications/demo-combined');
    assert.match((await read('/search?q=demo-c')).text, /Applications.*demo-citizen.*demo-combined/s);
    for (const path of [`/explain?q=${jwt}`, `/search?q=${jwt}`]) {
      const { text } = await read(path);
      assert.ok(!text.includes(jwt) && !text.includes(jwt.slice(0, 60)));
      assert.match(text, /Paste it into the box|paste it where/);
    }
    const { text } = await read(`/search?q=${encodeURIComponent('<b>&')}`);
    assert.ok(!text.includes('<b>&') && text.includes('&lt;b&gt;'));
  });
});
