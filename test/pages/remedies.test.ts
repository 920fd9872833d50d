import assert from 'node:assert/strict';
import { createPrivateKey, randomUUID } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { type JwtClaims, signJwt } from '@alongside/kernel/jws';
import type { Browser, Page } from 'playwright-core';
import { seededClients } from '../../src/seed/applications.ts';
import { demoKeyId, demoPrivateKeyPem } from '../../src/seed/key.ts';
import { examine, isAccessible } from '../testing/accessible.ts';
import { launchBrowser } from '../testing/browser.ts';
import { startInstance, type TestInstance } from '../testing/instance.ts';

const { combined, appRestricted, separateAtCis2 } = seededClients;
const key = createPrivateKey(demoPrivateKeyPem);
const patient = '/personal-demographics/FHIR/R4/Patient/9000000009';
const now = () => Math.floor(Date.now() / 1_000);

/** One of twenty refusals that people meet most. */
interface Row {
  name: string;
  /** Makes the refusal. */
  make(): Promise<Response>;
  /** What the page offers to do about it; null if nothing here fixes it. */
  act: RegExp | null;
  /** `send`: run again until a response of 200. `open`: the browser is sent on to the sign-in. Undefined: the page of the act has a form. */
  works?: 'send' | 'open';
}

describe('a refusal mended from its page', () => {
  let instance: TestInstance;
  let browser: Browser;
  let page: Page;
  before(async () => {
    instance = await startInstance();
    browser = await launchBrowser();
    page = await (await browser.newContext({ viewport: { width: 1280, height: 900 } })).newPage();
    page.setDefaultTimeout(15_000);
  });
  after(async () => {
    await browser?.close();
    await instance?.stop();
  });

  const api = () => instance.urls.api;
  const post = (form: Record<string, string>, path = '/oauth2/token') =>
    fetch(api() + path, { method: 'POST', body: new URLSearchParams(form) });
  const code = (changes: Record<string, string>) =>
    post({
      grant_type: 'authorization_code',
      code: 'none',
      client_id: combined.clientId,
      client_secret: String(combined.clientSecret),
      redirect_uri: `${instance.urls.sample}/combined/callback`,
      ...changes,
    });
  const assertion = async (claims: JwtClaims = {}, kid = demoKeyId) => {
    const id = appRestricted.clientId;
    const usual = { iss: id, sub: id, aud: `${api()}/oauth2/token`, jti: randomUUID(), exp: now() + 290 };
    return post({
      grant_type: 'client_credentials',
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: await signJwt({ alg: 'RS512', typ: 'JWT', kid }, { ...usual, ...claims }, key),
    });
  };
  const authorize = (base: string, clientId: string, changes: Record<string, string>) =>
    fetch(
      `${base}/authorize?${new URLSearchParams({ client_id: clientId, response_type: 'code', state: 'x', ...changes })}`,
      {
        redirect: 'manual',
        headers: { accept: 'text/html' },
      },
    );
  const token = async (person: string, application = 'demo-combined') => {
    const made = await instance.api<{ access_token: string }>('POST', '/tokens', { person, application });
    return made.access_token;
  };
  const read = async (bearer: string, headers: Record<string, string> = {}) =>
    fetch(api() + patient, {
      headers: { authorization: `Bearer ${bearer}`, 'x-request-id': randomUUID(), ...headers },
    });
  const realm = () => `${instance.urls.cis2Issuer}`;

  const rows: readonly Row[] = [
    { name: 'wrong secret', make: () => code({ client_secret: 'wrong' }), act: /Make a new secret/ },
    {
      name: 'callback that is not registered',
      make: () =>
        authorize(`${api()}/oauth2`, combined.clientId, { redirect_uri: 'http://localhost:8405/other' }),
      act: /Add the callback http:\/\/localhost:8405\/other/,
      works: 'open',
    },
    { name: 'unknown kid', make: () => assertion({}, 'other'), act: /Register a key/, works: 'send' },
    {
      name: 'assertion for another server',
      make: () => assertion({ aud: 'https://other.example/token' }),
      act: /Run again/,
      works: 'send',
    },
    {
      name: 'expired assertion',
      make: () => assertion({ exp: now() - 900 }),
      act: /Run again/,
      works: 'send',
    },
    {
      name: 'clock of the application ahead',
      make: () => assertion({ exp: now() + 700 }),
      act: /Run again/,
      works: 'send',
    },
    {
      name: 'unknown scope',
      make: () =>
        authorize(realm(), separateAtCis2.clientId, {
          redirect_uri: `${instance.urls.sample}/separate/callback`,
          scope: 'openid profil',
          nonce: 'n',
        }),
      act: /Run again/,
      works: 'open',
    },
    {
      name: 'callback that is not registered at CIS2',
      make: () =>
        authorize(realm(), separateAtCis2.clientId, {
          redirect_uri: 'http://localhost:8405/other',
          scope: 'openid',
        }),
      act: /Add the callback/,
      works: 'open',
    },
    {
      name: 'role of another person',
      make: async () => read(await token('gp'), { 'nhsd-session-urid': '555254240100' }),
      act: /Give the person a role/,
      works: 'send',
    },
    {
      name: 'wrong path',
      make: () => post({ grant_type: 'client_credentials' }, '/oauth2/tokens'),
      act: null,
    },
    {
      name: 'person without a role',
      make: async () => read(await token('starter')),
      act: /Give the person a role/,
    },
    {
      name: 'fault on',
      make: async () => {
        await instance.api('PUT', '/faults/platform-token-unavailable', {});
        return assertion();
      },
      act: /Switch the fault platform-token-unavailable off/,
      works: 'send',
    },
    {
      name: 'moved clock',
      make: async () => {
        await instance.api('PUT', '/clock', { advance: 7_200 });
        return assertion();
      },
      act: /Set the clock back/,
      works: 'send',
    },
    {
      name: 'expired token',
      make: async () => {
        const bearer = await token('gp');
        await instance.api('PUT', '/clock', { advance: 7_200 });
        return read(bearer);
      },
      act: /Set the clock back/,
      works: 'send',
    },
    {
      name: 'missing header',
      make: async () => fetch(api() + patient, { headers: { authorization: `Bearer ${await token('gp')}` } }),
      act: /Run again/,
      works: 'send',
    },
    {
      name: 'application that is not approved',
      make: async () => {
        await instance.api('POST', '/applications/demo-app-restricted/revoke');
        return assertion();
      },
      act: /Approve the application/,
      works: 'send',
    },
  ];

  const more: readonly Row[] = [
    {
      name: 'blocked card',
      make: async () => {
        await instance.api('PUT', '/readers/0/card', { card: 'locked' });
        await instance.call('POST', '/agent/pin', { pin: '123456' });
        return new Response('', { headers: { 'x-message-id': 'identity-agent.cardBlocked' } });
      },
      act: /Unblock the card/,
    },
    {
      name: 'quota',
      make: async () => {
        const bearer = await token('gp');
        const quota = { enabled: true, limit: 1, interval: 1, timeunit: 'minute' };
        await instance.api('PATCH', '/products/personal-demographics-service', { limits: { quota } });
        for (let call = 0; call < 3; call++) await read(bearer);
        return read(bearer);
      },
      act: /Lift the limits/,
      works: 'send',
    },
    {
      name: 'application without the product of the API',
      make: async () => {
        const { id } = await instance.api<{ id: string }>('POST', '/applications', {
          name: 'Without PDS',
          platform: { callbackUrls: ['http://localhost:9/callback'], products: ['hello-world'] },
        });
        return read(await token('gp', id));
      },
      act: /Add the product personal-demographics/,
      works: 'send',
    },
  ];

  const offered = new Set<string>();
  for (const { name, make, act, works } of [...rows, ...more])
    test(`offers its act and leads to a request that works: ${name}`, async () => {
      const answer = await make();
      const id = answer.headers.get('x-message-id') ?? '';
      await page.goto(`${instance.urls.console}/search?q=${id}`);
      if (act === null) return;
      await page.locator('#live[data-state=live]').waitFor();
      let clicks = 0;
      const click = async (label: RegExp) => {
        clicks += 1;
        const control = page.locator('#remedies').locator('a, button').filter({ hasText: label }).first();
        await control.click();
      };
      const first = page.locator('#remedies').locator('a, button').filter({ hasText: act }).first();
      await first.waitFor();
      offered.add(name);
      if (!works) return;
      const isCall = (await first.getAttribute('data-path')) !== null;
      if (isCall) {
        await click(act);
        await page.locator('#result').filter({ hasText: /\S/ }).waitFor();
      }
      await click(/Run again/);
      await page.waitForURL(/\/build\?/);
      await page.locator('#live[data-state=live]').waitFor();
      clicks += 1;
      if (works === 'open') {
        const [opened] = await Promise.all([
          page.context().waitForEvent('page'),
          page.locator('#send').click(),
        ]);
        await opened.waitForLoadState();
        assert.doesNotMatch((await opened.textContent('body')) ?? '', /There is a problem/, opened.url());
        await opened.close();
      } else {
        await page.locator('#send').click();
        const tag = page.locator('#h-response .tag');
        await tag.waitFor();
        assert.equal(await tag.textContent(), '200', (await page.textContent('#response')) ?? '');
      }
      assert.ok(clicks <= 3, `${clicks} clicks`);
    });

  test('has an act for fifteen', () => {
    assert.ok(offered.size >= 15, [...offered].join());
  });

  test('is accessible, with its acts', async () => {
    const answer = await code({ client_secret: 'wrong' });
    await page.goto(`${instance.urls.console}/search?q=${answer.headers.get('x-message-id')}`);
    await examine(page, 'remedies');
    await isAccessible(page);
  });
});
