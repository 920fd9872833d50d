import assert from 'node:assert/strict';
import { posix } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { AgentConnection } from '../../identity-agent/socket/client.ts';
import { browserPrograms, programFolders } from '../../scripts/pack/browser-programs.mjs';
import { consolePages } from '../../src/console/web/pages/registry.ts';
import { examine, isAccessible, isClearToListeners, isUsableAtHighZoom } from '../testing/accessible.ts';
import { launchBrowser } from '../testing/browser.ts';
import { startInstance, type TestInstance } from '../testing/instance.ts';
import { Navigator } from '../testing/navigate.ts';

/** Text that a page must show as text: markup, a right-to-left override, and a long line. */
const odd = `<img src=x onerror=alert(1)>\u202e${'wide '.repeat(8)}`;

/** Addresses of the pages with a parameter. */
const examples: Readonly<Record<string, (instance: TestInstance) => Promise<string> | string>> = {
  '/applications/:id': () => '/applications/demo-separate',
  '/products/:name': () => '/products/hello-world',
  '/developers/:id': () => '/developers/odd',
  '/people/:uid': () => '/people/markup',
  '/cards/:serial': async ({ api }) =>
    `/cards/${(await api<{ card: { serial: string } }>('GET', '/readers/0')).card.serial}`,
  '/journeys/:id': async (instance) => `/journeys/${(await newestJourneys(instance))[0]}`,
  '/journeys/compare': async (instance) => {
    const [refused, good] = await newestJourneys(instance);
    return `/journeys/compare?a=${refused}&b=${good}`;
  },
  '/audit/:seq': () => '/audit/1',
  '/errors/:id': () => '/errors/authorisation.clientOrSecret',
  '/mail/:id': async (instance) => {
    const list = () => instance.api<{ mails: { id: string }[] }>('GET', '/mail');
    if ((await list()).mails.length === 0) {
      await instance.api('PATCH', '/cards/nurse', { locked: true });
      await instance.api('PUT', '/readers/0/card', { card: 'nurse' });
      const agent = await AgentConnection.open(String(instance.state.agentSocket));
      await agent.call('requestUnlockCode', {});
      agent.close();
    }
    return `/mail/${(await list()).mails[0]?.id}`;
  },
};

/** Returns the ids of the newest journeys: the refused request, then the sign-in. */
async function newestJourneys(instance: TestInstance): Promise<string[]> {
  const { journeys } = await instance.api<{ journeys: { id: string }[] }>('GET', '/journeys');
  return journeys.map(({ id }) => id);
}

/** Returns the addresses of a page: its own, or its examples. */
const addressOf = async (path: string, instance: TestInstance): Promise<string> =>
  examples[path]?.(instance) ?? path;

/** Returns the characters of programs and of all that they import, as the packages contain them. */
function sizeOf(
  names: readonly string[],
  bundled: ReadonlyMap<string, string>,
  seen = new Set<string>(),
): number {
  let size = 0;
  for (const name of names) {
    if (seen.has(name)) continue;
    seen.add(name);
    const text = bundled.get(name);
    assert.ok(text, `the packages have no program ${name}`);
    const imported = [...text.matchAll(/(?:from|import)\s*["']([^"']+)["']/g)].map(([, path = '']) =>
      posix.join(posix.dirname(name), path),
    );
    size += text.length + sizeOf(imported, bundled, seen);
  }
  return size;
}

/** The pages in development. Those of production alone are examined where an administrator signs in. */
const pages = consolePages.filter(({ only }) => only !== 'production');

describe('every page of the console', () => {
  let instance: TestInstance;
  let browser: Browser;
  /** One tab for all pages, because a new one takes as long as a page. */
  let page: Page;
  let complaints: string[] = [];
  let bundled: ReadonlyMap<string, string>;
  before(async () => {
    [instance, browser, bundled] = await Promise.all([
      startInstance(),
      launchBrowser(),
      browserPrograms(programFolders.console),
    ]);
    page = await (await browser.newContext({ bypassCSP: true })).newPage();
    await instance.signInAtDesk('gp');
    await instance.api('POST', '/people', { givenName: odd, familyName: 'Markup', persona: 'markup' });
    await instance.api('POST', '/developers', {
      id: 'odd',
      name: odd.slice(0, 100).replaceAll(/\p{Cc}/gu, ''),
    });
    // Twice, so that sessions, journeys and records look alike.
    for (const pattern of ['separate', 'combined', 'combined']) {
      await page.context().clearCookies();
      await page.goto(instance.urls.sample);
      await page.getByRole('link', { name: `Sign in (${pattern})` }).click();
      await page.getByRole('button', { name: 'Find patient' }).waitFor();
    }
    await fetch(`${instance.urls.api}/oauth2/authorize?client_id=${encodeURIComponent(odd)}`);
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(String(error)));
    page.on('request', (request) => {
      const { origin, protocol } = new URL(request.url());
      if (origin !== new URL(instance.urls.console).origin && protocol !== 'data:')
        complaints.push(request.url());
    });
  });
  after(async () => {
    await browser?.close();
    await instance?.stop();
  });

  test('has an address here if it has a parameter', () => {
    const unknown = pages.filter(({ path }) => path.includes('/:') && !examples[path]);
    assert.deepEqual(
      unknown.map(({ path }) => path),
      [],
    );
  });

  for (const { path } of pages) {
    test(`${path} is accessible, in the dark, at 320 px, at 400 % and with wide text, and loads nothing from elsewhere`, async () => {
      complaints = [];
      await page.setViewportSize({ width: 1440, height: 900 });
      await page.emulateMedia({ colorScheme: 'light' });
      await page.goto(instance.urls.console + (await addressOf(path, instance)));
      await examine(page, `console${path.replaceAll(/\W+/g, '-')}`);
      await isClearToListeners(page);
      await isAccessible(page, { isExamined: true });
      await isUsableAtHighZoom(page);
      assert.equal(await page.getByRole('heading', { level: 1 }).count(), 1);
      assert.equal(await page.locator('main img').count(), 0);
      assert.deepEqual(complaints, []);
    });

    test(`${path} needs no inline script or style and reads without a script`, async () => {
      const response = await fetch(instance.urls.console + (await addressOf(path, instance)));
      const text = await response.text();
      assert.equal(response.status, 200);
      assert.doesNotMatch(text, /\sstyle="|<script>|\son\w+="|<style/);
      assert.match(text, /<h1>/);
      assert.ok(text.length < 61_440, `${text.length} characters`);
      const own = [...text.matchAll(/<script type="module" src="\/assets\/([^"]+)"/g)].map(
        ([, name = '']) => name,
      );
      const size = sizeOf(own, bundled);
      assert.ok(own.length > 0 && size < 40_960, `${size} characters of scripts`);
      const policy = response.headers.get('content-security-policy') ?? '';
      for (const rule of [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "frame-ancestors 'none'",
      ])
        assert.ok(policy.includes(rule), rule);
      assert.ok(!text.includes(odd), 'text from outside is escaped');
      for (const [form] of text.matchAll(/<form[^>]*>/g))
        assert.match(form, / action="| method="dialog"/, 'only a script sends it');
      for (const attribute of ['data-part', ' id']) {
        const names = [...text.matchAll(new RegExp(`${attribute}="([^"]+)"`, 'g'))].map(([, name]) => name);
        assert.deepEqual(
          names.filter((name, index) => names.indexOf(name) !== index),
          [],
          attribute,
        );
      }
    });
  }

  test('names applications instead of their client ids, people instead of their uids, and the zone of times', async () => {
    const read = async (path: string) => (await fetch(instance.urls.console + path)).text();
    await instance.signInAtDesk('gp');
    await new Navigator().go(`${instance.urls.sample}/sign-in/combined`);
    await new Navigator().go(`${instance.urls.sample}/sign-in/separate`);
    for (const path of ['/sessions', '/people/656005750108', '/desk']) {
      const text = await read(path);
      // The API platform is not named beside those that it signs in.
      assert.match(text, /<bdi>demo-combined<\/bdi>/, path);
      assert.match(text, /<bdi>demo-separate<\/bdi>/, path);
      assert.doesNotMatch(text, /API platform<\/bdi>, |, <bdi>API platform/, path);
      assert.doesNotMatch(text, /alongside-platform|demo-separate\.apps/, path);
      assert.match(text, /<time [^>]*>\d\d:\d\d:\d\d UTC<\/time>/, path);
    }
    const journey = await addressOf('/journeys/:id', instance);
    for (const path of ['/', '/desk', journey])
      assert.match(
        await read(path),
        /General Medical Practitioner at Alder Vale Test Practice<\/bdi> <small class="hint">\(A9A5A\)/,
        path,
      );
    assert.match(await read('/audit?action=cis.sign-in'), /Quillfeather Harriet Dr.*656005750108/);
    const { id } = await instance.api<{ id: string }>('POST', '/applications', {
      name: 'Ward round',
      profile: 'nhs',
      platform: { callbackUrls: ['http://localhost:1/'], products: ['personal-demographics-service'] },
    });
    await instance.api('POST', '/tokens', { person: 'gp', application: id });
    assert.match(await read(`/audit?application=${id}`), new RegExp(`Ward round</bdi>.*${id}`));
  });

  test('attack: a script that does not arrive puts no field into an address', async () => {
    const context = await browser.newContext();
    const alone = await context.newPage();
    await alone.route('**/*.js', (route) => route.abort());
    const sent: string[] = [];
    alone.on('request', (request) => sent.push(request.url() + (request.postData() ?? '')));
    for (const [path, field, value] of [
      ['/people/new', '#person input[name=familyName]', 'Confidential'],
      ['/applications/new', '#register input[name=name]', 'Unannounced'],
    ] as const) {
      await alone.goto(instance.urls.console + path);
      await alone.locator(field).first().fill(value);
      await alone.locator(field).first().press('Enter');
      // A request of the page follows what the key sent.
      await alone.evaluate(() => fetch('/assets/console.css'));
      assert.equal(
        sent.find((text) => text.includes(value)),
        undefined,
        path,
      );
    }
    assert.ok(sent.some((address) => address.endsWith('/people/new')));
    await context.close();
  });

  test('marks the buttons whose effect cannot be undone', async () => {
    const text = await (
      await fetch(instance.urls.console + (await addressOf('/cards/:serial', instance)))
    ).text();
    const tones = ['Unblock the PIN', 'Renew', 'Replace', 'Revoke'].map((label) =>
      new RegExp(`<button type="submit" class="needs-script danger">${label}<`).test(text),
    );
    assert.deepEqual(tones, [false, false, true, true]);
  });

  test('serves a live part alone, and no part that the page lacks', async () => {
    const part = await fetch(`${instance.urls.console}/fragments/list/journeys?outcome=refused`);
    assert.equal(part.status, 200);
    assert.match(await part.text(), /^<div id="part-list" data-part="list"/);
    for (const name of ['nothing', 'constructor'])
      assert.equal((await fetch(`${instance.urls.console}/fragments/${name}/journeys`)).status, 404);
  });
});
