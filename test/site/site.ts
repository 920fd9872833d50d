/** `npm run site -- --test`: the built documentation site in Chromium. */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { examine, isAccessible } from '../testing/accessible.ts';
import { launchBrowser } from '../testing/browser.ts';
import { questions } from './questions.ts';

const clone = join(import.meta.dirname, '../..');
const dist = join(clone, 'site/dist');
const files = globSync('**/*.html', { cwd: dist }).map((path) => path.replaceAll('\\', '/'));
/** Pages of people; those of the client library and all but every twentieth of the errors come from one template each. */
const measured = files.filter(
  (path, index) => !path.startsWith('reference/client/') && (!path.startsWith('errors/') || index % 20 === 0),
);
const addressOf = (file: string) => `/${file.replace(/(^|\/)index\.html$/, '$1')}`;

/** One page of each kind. */
const kinds = [
  '',
  'start/',
  'patterns/',
  'native-applications/',
  'moving-to-cis2/',
  'testing/',
  'any-language/',
  'troubleshooting/',
  'comparison/',
  'commands/',
  'client/',
  'reference/client/',
  'reference/client/main/interfaces/combinedsettings/',
  'errors/authorisation/clientorsecret/',
  'reference/console/applications/',
  'production/',
  'architecture/',
  '404.html',
];

let server: Server;
let origin = '';
let browser: Browser;
before(async () => {
  // A script, without types.
  const script: string = pathToFileURL(join(clone, 'scripts/site/serve.mjs')).href;
  const { serveSite } = (await import(script)) as { serveSite(port: number): Promise<Server> };
  server = await serveSite(0);
  origin = `http://localhost:${(server.address() as AddressInfo).port}`;
  browser = await launchBrowser(['--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost']);
});
after(async () => {
  await browser?.close();
  server?.closeAllConnections();
  server?.close();
});

/** Opens a page in a new window, and fails the test for a request to another host or an error of a script. */
async function open(
  path: string,
  look: Parameters<Browser['newContext']>[0] = {},
): Promise<{ page: Page; context: BrowserContext; problems: string[] }> {
  const context = await browser.newContext(look);
  const page = await context.newPage();
  const problems: string[] = [];
  page.on('request', (request) => {
    if (!request.url().startsWith(origin) && !request.url().startsWith('data:')) problems.push(request.url());
  });
  page.on('pageerror', (error) => problems.push(error.message));
  await page.goto(`${origin}/${path}`);
  return { page, context, problems };
}

describe('the documentation site', () => {
  test('has no link that leads nowhere', () => {
    const anchors = new Map(
      files.map((file) => {
        const html = readFileSync(join(dist, file), 'utf8');
        return [
          addressOf(file),
          { html, ids: new Set([...html.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id)) },
        ];
      }),
    );
    const others = new Set(globSync('**/*', { cwd: dist }).map((path) => `/${path.replaceAll('\\', '/')}`));
    const broken: string[] = [];
    for (const [from, { html }] of anchors)
      for (const [, target = ''] of html.matchAll(/ (?:href|src)="(\/[^"]*|#[^"]*)"/g)) {
        const { pathname, hash } = new URL(target.replaceAll('&amp;', '&'), `http://site${from}`);
        const page = anchors.get(pathname);
        const id = decodeURIComponent(hash.slice(1));
        if (page ? id !== '' && !page.ids.has(id) : !others.has(pathname)) broken.push(`${from}: ${target}`);
      }
    assert.ok(anchors.size > 80);
    assert.deepEqual([...new Set(broken)], []);
  });

  for (const kind of kinds)
    test(`is accessible, in light and dark and at 320 px: /${kind}`, async () => {
      for (const colorScheme of ['light', 'dark'] as const) {
        const { page, context, problems } = await open(kind, {
          colorScheme,
          viewport: { width: 1280, height: 900 },
        });
        await examine(page, `site-${kind.replace(/\W+/g, '-')}-${colorScheme}`);
        if (colorScheme === 'light') {
          await page.setViewportSize({ width: 320, height: 640 });
          await page.waitForFunction(wideBlocksTakeTheFocus);
          await isAccessible(page);
        }
        assert.deepEqual(problems, []);
        await context.close();
      }
    });

  test('fits a window of 320 px on every page', async () => {
    const { page, context } = await open('', {
      viewport: { width: 320, height: 640 },
      javaScriptEnabled: false,
    });
    const wide: string[] = [];
    for (const file of measured) {
      await page.goto(`${origin}${addressOf(file)}`, { waitUntil: 'load' });
      if (((await page.evaluate('document.documentElement.scrollWidth')) as number) > 320) wide.push(file);
    }
    assert.deepEqual(wide, []);
    await context.close();
  });

  test('shows every column of its tables in a window of 1,280 px', async () => {
    const { page, context } = await open('', {
      viewport: { width: 1280, height: 900 },
      javaScriptEnabled: false,
    });
    const wide: string[] = [];
    for (const file of measured) {
      await page.goto(`${origin}${addressOf(file)}`, { waitUntil: 'load' });
      if (await page.evaluate(someTableScrolls)) wide.push(file);
    }
    assert.deepEqual(wide, []);
    await context.close();
  });

  test('shows error texts and flags as they are, without curly quotes and dashes', () => {
    const page = (name: string) => readFileSync(join(dist, name, 'index.html'), 'utf8');
    assert.match(page('errors'), /Missing 'alg' header in act\.sub JWT/);
    assert.match(page('configuration'), /see --console-host/);
  });

  test('shows sh and PowerShell as tabs, and keeps the chosen one on other pages', async () => {
    const { page, context, problems } = await open('any-language/');
    const tab = () => page.getByRole('tab', { name: 'PowerShell' }).first();
    const panel = () => page.locator('starlight-tabs').first().locator('[role=tabpanel]');
    const shown = async () => Promise.all([0, 1].map((index) => panel().nth(index).isVisible()));
    assert.deepEqual(await shown(), [true, false]);
    await tab().click();
    assert.deepEqual(await shown(), [false, true]);
    await page.goto(`${origin}/dotnet/`);
    assert.deepEqual(await shown(), [false, true]);
    assert.match((await panel().nth(1).textContent()) ?? '', /npx alongside app add .* `/);
    assert.deepEqual(problems, []);
    await context.close();
    const plain = await open('any-language/', { javaScriptEnabled: false });
    assert.equal(
      await plain.page.locator('starlight-tabs').first().getByText('Invoke-RestMethod').isVisible(),
      true,
    );
    await plain.context.close();
  });

  test('answers 404 at a malformed address', async () => {
    assert.equal((await fetch(`${origin}/%zz`)).status, 404);
  });

  test('shows guides before the reference and pages for developers of Alongside', async () => {
    for (const words of ['smartcard', 'acr', 'sign-out', '401', 'token exchange', 'Playwright']) {
      const { page, context } = await open('start/');
      await page.locator('.pagefind-ui__search-input').waitFor({ state: 'attached' });
      await page.keyboard.press('Control+k');
      // At once: the first result of a part of the words could be another one.
      await page.keyboard.insertText(words);
      const first = page.locator('.pagefind-ui__result-title .pagefind-ui__result-link').first();
      assert.doesNotMatch(
        (await first.getAttribute('href')) ?? '',
        /^\/(reference|assurance|bench)\//,
        words,
      );
      await context.close();
    }
  });

  test('answers what users ask among its first three results', async () => {
    const { page, context, problems } = await open('start/');
    const wrong: string[] = [];
    for (const [words, ...pages] of questions) {
      // The index that the search box uses, without its pauses.
      const found = (await page.evaluate(`(async () => {
        const { options, search } = await import('/pagefind/pagefind.js');
        await options({ ranking: { metaWeights: { title: 0.7 } } });
        const { results } = await search(${JSON.stringify(words)});
        return Promise.all(results.slice(0, 3).map(async (result) => (await result.data()).url));
      })()`)) as string[];
      if (
        !found.some((url) =>
          pages.some((one) => url === `/${one}/` || (one === 'errors' && url.startsWith('/errors/'))),
        )
      )
        wrong.push(`${words}: ${found.join(' ')}`);
    }
    assert.deepEqual(wrong, []);
    assert.equal(questions.length, 43);
    assert.deepEqual(problems, []);
    await context.close();
  });

  test('finds an error text, a command and a function without a network', async () => {
    for (const [words, ...pages] of [
      ['redirect_uri is invalid', 'errors', 'troubleshooting'],
      ['alongside explain', 'commands', 'troubleshooting', 'errors'],
      ['PIN', 'desk-engineers', 'authenticators', 'console-api', 'finding-mistakes', 'people'],
      ['createSeparate', 'reference/client/main/functions/createseparate', 'client', 'patterns'],
    ] as const) {
      const { page, context, problems } = await open('start/');
      await page.locator('.pagefind-ui__search-input').waitFor({ state: 'attached' });
      await page.keyboard.press('Control+k');
      await page.keyboard.insertText(words);
      const links = pages.map((path) => `.pagefind-ui__result-link[href^="/${path}/"]`);
      await page.locator(links.join()).first().waitFor();
      const decisions = page.locator('.pagefind-ui__result-link[href^="/adr/"]');
      assert.equal(await decisions.count(), 0, `${words} finds decisions of developers`);
      await page.locator(links.join()).first().click();
      await page.waitForURL((url) => pages.some((path) => url.pathname.startsWith(`/${path}/`)));
      assert.deepEqual(problems, []);
      await context.close();
    }
  });
});

/** Whether the keyboard reaches every block that scrolls sideways. The page decides this again when its window changes. */
const wideBlocksTakeTheFocus = `[...document.querySelectorAll('main *')]
  .filter((element) => element.scrollWidth > element.clientWidth + 1 && /auto|scroll/.test(getComputedStyle(element).overflowX))
  .every((element) => element.tabIndex === 0)`;

const someTableScrolls = `[...document.querySelectorAll('main .wide')].some((box) => box.scrollWidth > box.clientWidth + 1)`;
