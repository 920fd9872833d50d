import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { startConsole } from '../../src/console/testing/console.ts';
import { longJourney } from '../../src/console/web/pages/journey/testing/journey.ts';
import type { Journey, JourneySummary } from '../../src/journeys/model.ts';
import { examine, isAccessible } from '../testing/accessible.ts';
import { firstPaint, launchBrowser } from '../testing/browser.ts';
import { databaseDump } from '../testing/database-dump.ts';
import { startInstance, type TestInstance } from '../testing/instance.ts';
import { Navigator } from '../testing/navigate.ts';

const callback = 'http://localhost:9/callback';
const wrongSecret = 'wrong-secret-of-a-supplier-7Yt';
const wrongPin = '84719263';
const folder = mkdtempSync(join(tmpdir(), 'alongside-journey-'));

describe('journeys in the console', () => {
  let instance: TestInstance;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  const complaints: string[] = [];
  /** Values that were really sent. None may be shown or stored. */
  const secrets = new Map<string, string>([
    ['the wrong secret', wrongSecret],
    ['the wrong PIN', wrongPin],
  ]);
  let application: { clientId: string; clientSecret: string };

  /** Signs in at the registered application, and reads person and patient if its secret is right. Returns the header of its token. */
  async function signIn(clientSecret: string, name: string): Promise<string> {
    const { api } = instance.urls;
    const { clientId } = application;
    const request = { client_id: clientId, redirect_uri: callback, response_type: 'code', state: name };
    const { address, hops } = await new Navigator().go(
      `${api}/oauth2/authorize?${new URLSearchParams(request)}`,
      callback,
    );
    const code = new URL(address).searchParams.get('code') ?? '';
    secrets.set(`the code of ${name}`, code);
    for (const [index, hop] of hops.entries()) {
      const inner = new URL(hop).searchParams.get('code');
      if (inner) secrets.set(`the code of hop ${index} of ${name}`, inner);
    }
    const answer = await fetch(`${api}/oauth2/token`, {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'authorization_code',
        client_id: clientId,
        client_secret: clientSecret,
        code,
        redirect_uri: callback,
      }),
    });
    const tokens = (await answer.json()) as Record<string, string>;
    if (!tokens.access_token || !tokens.refresh_token) return '';
    secrets.set(`the access token of ${name}`, tokens.access_token);
    secrets.set(`the refresh token of ${name}`, tokens.refresh_token);
    const authorization = `Bearer ${tokens.access_token}`;
    await fetch(`${api}/oauth2/userinfo`, { headers: { authorization } });
    const patient = `${api}/personal-demographics/FHIR/R4/Patient/9000000009`;
    const read = await fetch(patient, { headers: { authorization, 'x-request-id': crypto.randomUUID() } });
    assert.equal(read.status, 200);
    return authorization;
  }

  const journeysOf = async (filter: string): Promise<JourneySummary[]> =>
    (await instance.api<{ journeys: JourneySummary[] }>('GET', `/journeys?${filter}`)).journeys;

  async function journeyOf(outcome: string): Promise<Journey> {
    const [found] = await journeysOf(`outcome=${outcome}&pattern=combined&q=Clinic`);
    assert.ok(found, outcome);
    return instance.api<Journey>('GET', `/journeys/${found.id}`);
  }

  before(async () => {
    [instance, browser] = await Promise.all([
      startInstance({ ephemeral: false, data: folder }),
      launchBrowser(),
    ]);
    await instance.api('PUT', '/readers/0/card', { card: 'gp' });
    await instance.call('POST', '/agent/pin', { pin: wrongPin });
    await instance.signInAtDesk('gp');
    const made = await instance.api<{ platform: typeof application }>('POST', '/applications', {
      name: 'Clinic Express',
      profile: 'nhs',
      platform: { callbackUrls: [callback], products: ['personal-demographics-service'] },
    });
    application = made.platform;
    secrets.set('the client secret', application.clientSecret);
    await signIn(application.clientSecret, 'good');
    await signIn(wrongSecret, 'refused');
    await new Navigator().go(`${instance.urls.sample}/sign-in/separate`);
    context = await browser.newContext({ viewport: { width: 1440, height: 1000 } });
    page = await context.newPage();
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(String(error)));
  });
  after(async () => {
    await browser?.close();
    await instance?.stop();
    rmSync(folder, { recursive: true });
  });

  test('have person, application, one arrow for each redirect, and the desk apart, in both patterns', async () => {
    const [separate] = await journeysOf('pattern=separate');
    const all = [
      await journeyOf('succeeded'),
      await instance.api<Journey>('GET', `/journeys/${separate?.id}`),
    ];
    for (const journey of all) {
      assert.equal(journey.person?.name, 'Quillfeather Harriet Dr');
      assert.ok(journey.application?.name);
      const redirects = journey.messages.filter(({ kind }) => kind === 'redirect');
      const hops = redirects.map(({ from, to }) => `${from} ${to}`);
      assert.equal(new Set(hops).size, hops.length);
      assert.ok(journey.messages.some(({ name }) => name.endsWith('.userinfo')));
      assert.ok(journey.messages.every(({ name }) => !/card-inserted|cis\.sign-in/.test(name)));
      await page.goto(`${instance.urls.console}/journeys/${journey.id}?step=0`);
      assert.equal(await page.locator('.ledger a.row').count(), journey.messages.length);
      assert.equal(await page.locator('.ledger .arrow g.redirect').count(), redirects.length);
      await page.setViewportSize({ width: 1_280, height: 1_000 });
      await page.goto(`${instance.urls.console}/journeys/${journey.id}?step=2&hops=every`);
      await page.locator('.inspector').waitFor();
      const words = page.locator('.ledger-head .words');
      const width = await words.evaluate((element) => element.getBoundingClientRect().width);
      assert.ok(width > 150, `the words beside lanes and inspector have ${width} px`);
      await page.setViewportSize({ width: 1_440, height: 1_000 });
    }
    assert.equal((await journeysOf('pattern=combined&q=Clinic')).length, 2);
    assert.ok((await journeysOf('pattern=desk')).length > 0);
  });

  test('open each step without loading the page again, by click and by key', async () => {
    const { id, messages } = await journeyOf('succeeded');
    await page.goto(`${instance.urls.console}/journeys/${id}?step=0`);
    await page.evaluate('window.isSame = true');
    const title = page.locator('#inspector-title');
    for (const { number, words } of messages) {
      await page.locator(`#step-${number}`).click();
      await title.getByText(`${number} · ${words}`, { exact: true }).waitFor();
    }
    await page.locator('#step-1').focus();
    await page.keyboard.press('j');
    await title.getByText(/^2 · /).waitFor();
    assert.equal(await page.evaluate('document.activeElement.dataset.step'), '2');
    await page.keyboard.press(']');
    await page.locator('.inspector .tabs a[aria-current]').getByText('Response').waitFor();
    await page.keyboard.press('Escape');
    await title.waitFor({ state: 'detached' });
    await page.goBack();
    await title.getByText(/^2 · /).waitFor();
    await page.getByRole('link', { name: 'Every hop' }).click();
    await page.locator('.lane-heads').getByText('Browser').waitFor();
    await page.keyboard.press('?');
    await page.getByLabel('Use these keys on this browser').uncheck();
    await page.getByRole('button', { name: 'Close', exact: true }).click();
    await page.keyboard.press('?');
    assert.ok(await page.locator('#keys').isHidden());
    assert.ok(await page.evaluate('window.isSame'));
    await page.evaluate('localStorage.clear()');
    await page.goto(`${instance.urls.console}/people`);
    await page.keyboard.press('?');
    await page.getByRole('dialog', { name: 'Keyboard' }).waitFor();
    await page.keyboard.press('/');
    assert.ok(await page.locator('#search').evaluate((field) => field !== document.activeElement));
    await page.keyboard.press('Escape');
  });

  test('keep focus, selection, scroll position and the open step while 50 messages and other journeys arrive', async () => {
    const authorization = await signIn(application.clientSecret, 'busy');
    const { id, messages } = await journeyOf('succeeded');
    const own = await context.newPage();
    await own.setViewportSize({ width: 1440, height: 500 });
    await own.goto(`${instance.urls.console}/journeys/${id}?step=3`);
    await own.locator('#step-7').focus();
    await own.evaluate(() => {
      scrollTo(0, 150);
      getSelection()?.selectAllChildren(document.querySelector('#inspector-title') as Node);
    });
    const place = () =>
      own.evaluate(() => [scrollY, document.activeElement?.id, String(getSelection())] as const);
    const before = await place();
    for (let count = 0; count < 25; count++) {
      await fetch(`${instance.urls.api}/oauth2/userinfo`, { headers: { authorization } });
      await fetch(`${instance.urls.api}/oauth2/authorize?client_id=x`);
    }
    // Each call of userinfo is two messages.
    await own.locator(`#step-${messages.length + 50}`).waitFor();
    assert.deepEqual(await place(), before);
    assert.deepEqual(before.slice(1), ['step-7', `3 · ${messages[2]?.words}`]);
    await own.close();
  });

  test('grow while they are open, and get their person and outcome', async () => {
    const { api, cis2Issuer } = instance.urls;
    const { clientId } = application;
    const request = { client_id: clientId, redirect_uri: callback, response_type: 'code', state: 'grows' };
    const person = new Navigator();
    const { address } = await person.go(
      `${api}/oauth2/authorize?${new URLSearchParams(request)}`,
      cis2Issuer,
    );
    const [waiting] = await journeysOf('outcome=waiting&pattern=combined');
    await page.goto(`${instance.urls.console}/journeys/${waiting?.id}?step=1`);
    await page.locator('#step-1').focus();
    assert.equal(await page.locator('.ledger a.row').count(), 1);
    await person.go(address, callback);
    await page.locator('h1', { hasText: 'Quillfeather Harriet Dr at Clinic Express' }).waitFor();
    await page.locator('.ledger a.row', { hasText: 'Returns a code' }).last().waitFor();
    assert.equal(await page.evaluate('document.activeElement.id'), 'step-1');
    await page.locator('#inspector-title').getByText(/^1 · /).waitFor();
  });

  test('explain a wrong secret, and begin a comparison with it', async () => {
    const { id } = await journeyOf('refused');
    await page.goto(`${instance.urls.console}/journeys/${id}`);
    const banner = page.locator('.banner');
    for (const text of [
      'Step 11 was refused: the client secret is wrong',
      'begins with wron',
      'the only secret',
    ])
      await banner.getByText(text).waitFor();
    await page.locator('mark.offending').getByText('wron…').waitFor();
    await page.getByRole('link', { name: 'Compare with the last good one' }).click();
    const first = page.locator('.differences tbody tr').first();
    assert.match((await first.textContent()) ?? '', /client_secret.*wrong.*wron…/);
  });

  test('are accessible with the details of a token, also in the dark and at 320 px', async () => {
    const { id, messages } = await journeyOf('succeeded');
    const token = messages.find(({ name }) => name === 'cis2.token.code');
    // axe-core compiles functions.
    const open = await browser.newContext({ bypassCSP: true, viewport: { width: 1440, height: 1000 } });
    const own = await open.newPage();
    await own.goto(`${instance.urls.console}/journeys/${id}?step=${token?.number}&tab=tokens`);
    await own.getByText('Signature holds').waitFor();
    await examine(own, 'journey');
    await isAccessible(own);
    await own.emulateMedia({ forcedColors: 'active' });
    await own.setViewportSize({ width: 1440, height: 1000 });
    const [drawn, written] = (await own.evaluate(
      "[getComputedStyle(document.querySelector('.lane-heads text')).fill, getComputedStyle(document.body).color]",
    )) as [string, string];
    assert.equal(drawn, written, 'names of lanes have a forced colour');
    await open.close();
  });

  test('leave as a picture, an HTTP archive and a command that work elsewhere', async () => {
    const { id, messages } = await journeyOf('succeeded');
    const call = (format: string) => `${instance.urls.console}/api/v1/journeys/${id}/export?format=${format}`;
    await page.goto(call('svg'));
    assert.equal(await page.evaluate('document.documentElement.tagName'), 'svg');
    await page.locator('text.words', { hasText: 'Reads a patient' }).waitFor();

    const archive = join(folder, 'journey.har');
    const har = (await (await fetch(call('har'))).json()) as {
      log: { entries: { request: { url: string } }[] };
    };
    writeFileSync(archive, JSON.stringify(har));
    const offline = await browser.newContext({ offline: true });
    await offline.routeFromHAR(archive, { notFound: 'abort' });
    const replayed = await offline.newPage();
    const read = har.log.entries.findLast(({ request }) => request.url.includes('/Patient/'));
    await replayed.goto(read?.request.url ?? '');
    assert.match((await replayed.textContent('body')) ?? '', /resourceType/);
    await offline.close();

    const token = messages.find(({ name }) => name === 'authorisation.token.code');
    const command = await (await fetch(`${instance.urls.console}/api/v1/messages/${token?.id}/curl`)).text();
    const env = { PATH: process.env.PATH, CLIENT_SECRET: application.clientSecret, CODE: 'used-already' };
    const { stdout } = await promisify(execFile)('sh', ['-c', `${command.trimEnd()} --silent`], { env });
    assert.match(stdout, /"error": ?"invalid_grant"/);
    for (const format of ['mermaid', 'markdown']) {
      const text = await (await fetch(call(format))).text();
      assert.match(text, /sequenceDiagram\n {2}participant application as Application\n/);
    }
  });

  test('open from a file at another console, and say why another file cannot be opened', async () => {
    const { id, count } = await journeyOf('succeeded');
    const exported = `${instance.urls.console}/api/v1/journeys/${id}/export?format=file`;
    const buffer = Buffer.from(await (await fetch(exported)).arrayBuffer());
    const other = await startConsole();
    try {
      const own = await context.newPage();
      await own.goto(`http://localhost:${other.port}/journeys`);
      const choose = (name: string, content: Buffer) =>
        own.locator('#journey-file').setInputFiles({ name, mimeType: 'application/json', buffer: content });
      await choose('other.json', Buffer.from('{"log":{}}'));
      await own.locator('#result').getByText('Is it the file of a journey?').waitFor();
      await choose('good.journey.json', buffer);
      await own.locator('#from-file').waitFor();
      assert.equal(await own.locator('a.row[id]').count(), count);
      await own.locator('a.row[data-step="4"]').click();
      await own.locator('#inspector-title').getByText('4 ·').waitFor();
      await isAccessible(own);
      await own.close();
    } finally {
      await other.close();
    }
  });

  test('show and store no secret, PIN, code or token, in any tab of any step and any export', async () => {
    const journeys = await Promise.all(
      (await journeysOf('')).map(({ id }) => instance.api<Journey>('GET', `/journeys/${id}`)),
    );
    const shown: string[] = [JSON.stringify(journeys)];
    for (const { id, messages } of journeys) {
      const at = `${instance.urls.console}/fragments/inspector/journeys/${id}`;
      const addresses = messages.flatMap(({ number }) =>
        ['reason', 'request', 'response', 'tokens', 'event'].map((tab) => `${at}?step=${number}&tab=${tab}`),
      );
      const exported = ['svg', 'mermaid', 'har', 'file', 'markdown'].map(
        (format) => `${instance.urls.console}/api/v1/journeys/${id}/export?format=${format}`,
      );
      for (const address of [`${instance.urls.console}/journeys/${id}`, ...addresses, ...exported]) {
        const answer = await fetch(address);
        assert.equal(answer.status, 200, address);
        shown.push(await answer.text());
      }
    }
    shown.push(await databaseDump(`sqlite:${join(folder, 'alongside.db')}`));
    assert.ok(secrets.size >= 9, [...secrets.keys()].join());
    const found = [...secrets].filter(([, value]) => shown.some((text) => text.includes(value)));
    assert.deepEqual(
      found.map(([name]) => name),
      [],
    );
    assert.ok(shown.every((text) => !/pin\W{1,8}123456/i.test(text)));
  });

  test('find the sign-out of a removed card by its person and by its application', async () => {
    const pattern = 'pattern=sign-out';
    assert.deepEqual(await journeysOf(pattern), []);
    await instance.api('DELETE', '/readers/0/card');
    const isComplete = (journey: JourneySummary | undefined) =>
      journey?.outcome === 'succeeded' && journey.application !== null && journey.person !== null;
    while (!isComplete((await journeysOf(pattern))[0])) await new Promise(setImmediate);
    const [found] = await journeysOf(pattern);
    assert.equal(found?.headline, 'Signed out');
    // It has the application that was notified first of those with the session.
    const name = encodeURIComponent(found?.application?.name ?? '');
    assert.equal((await journeysOf(`${pattern}&q=${name}`))[0]?.id, found?.id);
    const [desk] = await journeysOf('pattern=desk&q=Quillfeather');
    assert.equal((await journeysOf(`${pattern}&person=${desk?.person?.uid}`))[0]?.id, found?.id);
    await instance.api('PUT', '/readers/0/card', { card: 'nurse' });
    while ((await journeysOf('pattern=desk&outcome=waiting')).length === 0) await new Promise(setImmediate);
    const [waiting] = await journeysOf('pattern=desk&outcome=waiting');
    assert.equal(waiting?.person?.name, 'Harbottle Winifred Mrs', 'the card names its holder before the PIN');
  });

  test('with 1,000 messages are painted within 200 ms of processor time', async () => {
    const journey = longJourney(1_000);
    const journeys = {
      list: async () => ({ journeys: [], next: null }),
      find: async () => journey,
      message: async () => undefined,
      errorsSince: async () => 0,
      refusalCounts: async () => ({ from: 0, width: 1, buckets: 0, uncounted: undefined, counted: [] }),
    };
    const own = await startConsole({ journeys });
    const times: number[] = [];
    // The first fills the cache of the browser.
    for (let round = 0; round < 3; round++)
      times.push((await firstPaint(context, `http://localhost:${own.port}/journeys/long`)).processorMs);
    await own.close();
    assert.ok(Math.min(...times) > 0 && Math.min(...times) < 200, times.join(', '));
  });

  test('obey the policy of the page', () => {
    assert.deepEqual(complaints, []);
  });
});
