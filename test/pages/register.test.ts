import assert from 'node:assert/strict';
import { createPrivateKey } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, test } from 'node:test';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { examine } from '../testing/accessible.ts';
import { launchBrowser } from '../testing/browser.ts';
import { startInstance, type TestInstance } from '../testing/instance.ts';

const privatePem =
  '-----BEGIN PRIVATE KEY-----\nMIIBVAIBADANBgkqhkiG9w0BAQEFAASCAT4wggE6\n-----END PRIVATE KEY-----';

describe('the pages of the group Register', () => {
  let instance: TestInstance;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  const complaints: string[] = [];
  const sent: string[] = [];
  before(async () => {
    [instance, browser] = await Promise.all([startInstance(), launchBrowser()]);
    context = await browser.newContext({
      viewport: { width: 1440, height: 1000 },
      acceptDownloads: true,
      bypassCSP: true,
    });
    page = await context.newPage();
    page.on('pageerror', (error) => complaints.push(String(error)));
    page.on('request', (request) => sent.push(`${request.url()} ${request.postData() ?? ''}`));
    page.on('dialog', (dialog) => dialog.accept());
  });
  after(async () => {
    await browser?.close();
    await instance?.stop();
  });

  const open = (path: string, tab = page) => tab.goto(`${instance.urls.console}${path}`);
  const error = (text: string | RegExp, tab = page) =>
    tab.locator('.error-message', { hasText: text }).waitFor();

  test('registers an application after each mistake was named at its field, and its secret signs in', async () => {
    // A key set address where nothing listens.
    const closed = createServer();
    await new Promise<void>((resolve) => closed.listen(0, '127.0.0.1', resolve));
    const dead = `http://127.0.0.1:${(closed.address() as AddressInfo).port}/jwks.json`;
    await new Promise((resolve) => closed.close(resolve));

    await open('/applications');
    await page.getByText('None of your own.').waitFor();
    await page.getByRole('link', { name: 'Register an application' }).click();
    await page.getByLabel('Name', { exact: true }).fill('Ward Round');
    await page.getByLabel('Callback URL 1').fill(`${instance.urls.sample}/combined/callback`);
    await page.getByRole('button', { name: 'Add another' }).click();
    await page.getByLabel('Callback URL 2').fill('https://ward.example/callback#done');
    await page.getByRole('radio', { name: /^Key pair/ }).check();
    await page.getByLabel('Public key').fill(privatePem);
    await error('This is a private key. It was not sent.');
    // An API is chosen; an application without one has to be asked for.
    const patients = page.getByRole('checkbox', { name: /^Personal Demographics Service user-restricted/ });
    await patients.uncheck();
    await page.getByRole('button', { name: 'Register', exact: true }).click();
    await error('Choose an API.');
    await page.getByRole('checkbox', { name: /^Register without an API/ }).waitFor();
    await patients.check();
    await page.getByRole('checkbox', { name: /^Hello World/ }).check();
    await page.getByText('user-nhs-id:aal3:hello-world').waitFor();
    await page.getByRole('button', { name: 'Register', exact: true }).click();
    await page.getByText('2 things to put right:').waitFor();
    await error('Leave out #done.');
    assert.equal(await page.evaluate(() => document.activeElement?.id), 'problems');
    await page.getByRole('link', { name: /fragment/ }).click();
    assert.equal(
      await page.evaluate(() => document.activeElement?.getAttribute('aria-label')),
      'Callback URL 2',
    );
    await examine(page, 'register with errors');
    // Everything that was typed is still there.
    assert.equal(await page.getByLabel('Name', { exact: true }).inputValue(), 'Ward Round');
    await page.getByLabel('Callback URL 2').fill('https://ward.example/callback');
    assert.ok(!sent.some((text) => text.includes('MIIBVAIBADAN')), 'the private key was sent');

    const twice = {
      keys: [1, 2].map(() => ({
        kty: 'EC',
        crv: 'P-256',
        kid: 'taken',
        x: 'f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU',
        y: 'x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0',
      })),
    };
    await page.getByLabel('Public key').fill(JSON.stringify(twice));
    await error('The key id taken is taken');
    await page.getByLabel('Public key').fill(dead);
    await page.getByRole('button', { name: 'Register', exact: true }).click();
    await error(/^The address cannot be read now/);
    await page.getByRole('button', { name: 'Register anyway' }).waitFor();

    const download = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Make a key pair here' }).click();
    const file = await download;
    assert.match(file.suggestedFilename(), /^ward-round-ward-round-1\.private\.pem$/);
    const key = createPrivateKey(await readFile(await file.path(), 'utf8'));
    assert.equal(key.asymmetricKeyDetails?.modulusLength, 4_096);
    await page.getByText('kid ward-round-1. It is a public key.').waitFor();
    await page.getByRole('button', { name: 'Command', exact: true }).click();
    assert.match((await page.locator('#request').textContent()) ?? '', /^alongside app add --file -/);
    await page.getByRole('button', { name: 'Register', exact: true }).click();
    await page.getByRole('heading', { name: 'Ward Round is registered' }).waitFor();
    const environment = (await page.locator('#environment pre').textContent()) ?? '';
    const clientId = /PLATFORM_CLIENT_ID=(\w+)/.exec(environment)?.[1] ?? '';
    assert.match(environment, /^WARD_ROUND_PLATFORM_CLIENT_SECRET=\S{20,}$/m);
    assert.ok(!sent.some((text) => /PRIVATE KEY|"d":/.test(text)), 'a private key was sent');

    // Its first sign-in.
    await instance.signInAtDesk('gp');
    const first = await context.newPage();
    const asked = new URLSearchParams({
      client_id: clientId,
      redirect_uri: `${instance.urls.sample}/combined/callback`,
      response_type: 'code',
      state: 'first',
    });
    await first.goto(`${instance.urls.api}/oauth2/authorize?${asked}`);
    assert.match(first.url(), /combined\/callback\?.*code=/);
    await first.close();

    await page.getByRole('link', { name: 'Keys and secrets' }).click();
    await page.getByText('ward-round-1').first().waitFor();
    await page.getByLabel('Public key', { exact: true }).fill(privatePem);
    await page.getByRole('button', { name: 'Add the key' }).click();
    await error('This is a private key. It was not sent.');
    await page
      .getByLabel('Public key', { exact: true })
      .fill(JSON.stringify({ ...twice.keys[0], kid: 'ward-round-1' }));
    await page.getByRole('button', { name: 'Add the key' }).click();
    await error('The key id ward-round-1 is taken');
  });

  test('loses nothing when two people edit an application at once', async () => {
    const { applications } = await instance.api<{ applications: { id: string }[] }>(
      'GET',
      '/applications?q=ward',
    );
    const path = `/applications/${applications[0]?.id}?tab=edit`;
    const other = await context.newPage();
    await Promise.all([open(path), open(path, other)]);
    await other.getByLabel('Name', { exact: true }).fill('Ward Round North');
    await other.getByLabel('Callback URLs').fill('https://north.example/callback');
    await other.getByRole('button', { name: 'Save' }).click();
    await other.getByText('Saved.').waitFor();
    await other.close();

    await page.getByLabel('Name', { exact: true }).fill('Ward Round South');
    await page.getByRole('checkbox', { name: /^Canary API/ }).check();
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Someone else has changed the same settings').waitFor();
    await page.getByRole('radio', { name: /Theirs Ward Round North|TheirsWard Round North/ }).waitFor();
    await examine(page, 'a conflict of two edits');
    assert.equal(await page.getByLabel('Callback URLs').inputValue(), 'https://north.example/callback');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Saved.').waitFor();
    const stored = await instance.api<{
      name: string;
      platform: { callbackUrls: string[]; products: string[] };
    }>('GET', `/applications/${applications[0]?.id}`);
    assert.equal(stored.name, 'Ward Round South');
    assert.deepEqual(stored.platform.callbackUrls, ['https://north.example/callback']);
    assert.deepEqual(stored.platform.products, [
      'canary-api',
      'hello-world',
      'personal-demographics-service',
    ]);
  });

  test('loses nothing when two people edit a product, a developer or a person at once', async () => {
    await instance.api('POST', '/products', { name: 'shared', apis: ['hello-world'] });
    await instance.api('POST', '/developers', { id: 'shared', name: 'Shared' });
    for (const [path, theirs, label, mine, expected] of [
      ['/products/shared', { scopes: ['a'] }, 'APIs', 'canary-api', { apis: ['canary-api'], scopes: ['a'] }],
      ['/developers/shared', { status: 'inactive' }, 'Name', 'Mine', { name: 'Mine', status: 'inactive' }],
      ['/people/nurse', { title: 'Dr' }, 'E-mail address', 'a@b.test', { title: 'Dr', email: 'a@b.test' }],
    ] as const) {
      await open(path.startsWith('/people') ? `${path}?tab=edit` : path);
      await instance.api('PATCH', path, theirs);
      await page.getByLabel(label, { exact: true }).fill(mine);
      await page.getByRole('button', { name: 'Save' }).click();
      await page.getByText('Someone else has changed other settings').waitFor();
      await page.getByRole('button', { name: 'Save' }).click();
      await page.getByText(path.startsWith('/people') ? 'may sign in' : 'Saved.').waitFor();
      const stored = await instance.api('GET', path);
      for (const [name, value] of Object.entries(expected)) assert.deepEqual(stored[name], value, path);
    }
    // Limits are one member: own ones, an invalid one, and none.
    const limits = async () => (await instance.api<{ limits: unknown }>('GET', '/products/shared')).limits;
    const choose = async (kind: string) => page.getByLabel('Limits', { exact: true }).selectOption(kind);
    const save = async () => {
      // The page may still say so of the change before.
      const stored = page.waitForResponse((response) => response.request().method() === 'PATCH');
      await page.getByRole('button', { name: 'Save' }).click();
      await stored;
      await page.getByText('Saved.').waitFor();
    };
    await instance.api('PATCH', '/products/shared', {
      limits: { spikeArrest: { enabled: false, ratelimit: '5ps' } },
    });
    await open('/products/shared');
    await page.getByLabel('Quota: requests').fill('many');
    await page.getByRole('button', { name: 'Save' }).click();
    await error('Quota: requests must be a whole number.');
    await page.getByLabel('Quota: requests').fill('7');
    await page.getByLabel('Unit').selectOption('hour');
    await page.getByLabel('Spike arrest', { exact: true }).fill('');
    await save();
    const quota = { enabled: true, limit: 7, interval: 1, timeunit: 'hour' };
    assert.deepEqual(await limits(), { quota });
    await choose('none');
    await save();
    assert.equal(await limits(), null);
    await open('/products/shared');
    await choose('published');
    await save();
    assert.deepEqual(await limits(), {});
    await open('/developers/shared');
    await page.getByLabel('E-mail address').fill('nothing');
    await page.getByRole('button', { name: 'Save' }).click();
    await error('E-mail address must be an e-mail address.');
  });

  test('adds an API without access only after the form says that anyone may call it, and marks it', async () => {
    const example = "{'200': {content: {application/json: {example: {a: 1}}}}}";
    await open('/apis');
    await page
      .getByLabel('OpenAPI file')
      .fill(`openapi: 3.0.3\nservers: [{url: /leaflets}]\npaths: {/a: {get: {responses: ${example}}}}\n`);
    await page.getByRole('button', { name: 'Add the API' }).click();
    await page.getByText('GET /a has neither security nor access').first().waitFor();
    await page
      .getByLabel('Operations for which the file names no access')
      .selectOption('anyone may call them');
    await page.getByRole('button', { name: 'Add the API' }).click();
    await page.getByText('1 open to anyone').waitFor();
    assert.equal((await fetch(`${instance.urls.apis}/leaflets/a`)).status, 200);
    await examine(page, 'APIs with an open one');
    await instance.api('DELETE', '/apis/leaflets');
  });

  test('adds a nurse at two organisations without a code, and orders, blocks, unblocks, renews and revokes the card', async () => {
    await open('/people?q=lamp');
    await page.getByRole('link', { name: 'Add a person with this name' }).click();
    await page.getByLabel('Given name').fill('Florence');
    await page.getByLabel('Family name').fill('Lamp');
    for (const organisation of ['Alder Vale', 'Birch Lane']) {
      await page.getByRole('combobox', { name: 'Role' }).fill('nurse');
      await page.getByRole('button', { name: /^Nurse Access Role/ }).click();
      await page.getByRole('combobox', { name: 'Organisation' }).fill(organisation.toLowerCase());
      await page.getByRole('button', { name: new RegExp(`^${organisation}`) }).click();
      await page.getByRole('button', { name: 'Add this role' }).click();
      await page
        .getByText(new RegExp(`Nurse Access Role at ${organisation}`))
        .first()
        .waitFor();
    }
    await page.getByRole('button', { name: 'Add', exact: true }).click();
    await page.getByRole('heading', { name: 'Lamp Florence' }).waitFor();

    await page.getByRole('button', { name: 'Order a card' }).click();
    await page.getByText('It is not issued yet').first().waitFor();
    await page.getByRole('button', { name: 'Make this card here' }).click();
    await page.getByRole('button', { name: /^Insert/ }).click();
    await page.getByText('in the reader', { exact: true }).waitFor();
    await page.getByText('Valid until').waitFor();
    await page.getByRole('button', { name: 'Block the PIN', exact: true }).click();
    await page.getByText('PIN blocked').first().waitFor();
    await page.getByRole('button', { name: 'Unblock the PIN' }).click();
    await page.getByText('87654321').waitFor();
    await page.getByRole('button', { name: 'Restore the PIN attempts' }).click();
    await page.getByText('3 PIN attempts left').waitFor();
    await page.getByRole('button', { name: 'Renew' }).click();
    await page.getByText('Allowed for 24 hours.').waitFor();
    await page.getByLabel('Reason').last().selectOption({ label: 'lost or stolen' });
    await page.getByRole('button', { name: 'Revoke' }).click();
    await page.getByText('It was revoked on').first().waitFor();
    assert.equal(await page.getByRole('button', { name: 'Replace' }).count(), 0);
    const { cards } = await instance.api<{ cards: { state: string; revocationReason: string }[] }>(
      'GET',
      '/registration-authority/cards?q=lamp',
    );
    assert.deepEqual(
      cards.map(({ state, revocationReason }) => [state, revocationReason]),
      [['revoked', 'keyCompromise']],
    );
    await open('/cards?q=lamp%20flo');
    await page.getByRole('link', { name: 'Lamp Florence', exact: true }).first().waitFor();
  });

  test('shows markup, right-to-left marks and 10,000 characters as text', async () => {
    const odd = '<img src=x onerror=alert(1)>\u202e';
    await instance.api('PATCH', '/applications/demo-native', { name: odd });
    await instance.api('POST', '/products', {
      name: 'odd',
      scopes: Array.from({ length: 20 }, () => `${odd}${'x'.repeat(450)}`),
    });
    await instance.api('POST', '/people', { familyName: odd, givenName: 'W'.repeat(100), persona: 'odd' });
    for (const path of [
      '/applications',
      '/applications/demo-native',
      '/applications/demo-native?tab=edit',
      '/applications/new',
      '/products/odd',
      '/people',
      '/people/odd',
      '/people/odd?tab=edit',
    ]) {
      await open(path);
      assert.equal(await page.locator('main img').count(), 0, path);
      assert.ok((await page.content()).includes('&lt;img'), path);
      const isWide = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
      assert.ok(!isWide, path);
    }
    assert.deepEqual(complaints, []);
  });
});
