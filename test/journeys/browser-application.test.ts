import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Browser } from 'playwright-core';
import { launchBrowser } from '../testing/browser.ts';
import {
  addBrowserApplication,
  settingsForPages,
  startBrowserApplication,
} from '../testing/browser-application.ts';
import { startInstance, type TestInstance } from '../testing/instance.ts';

const scope = 'urn:nhsd:apim:user-nhs-cis2:aal3:personal-demographics-service';

// An application without a server: an unmodified library in a page of another origin, in Chromium.
describe('a browser application without a server', () => {
  let instance: TestInstance;
  let application: Awaited<ReturnType<typeof startBrowserApplication>>;
  let browser: Browser;
  let port: number;
  before(async () => {
    instance = await startInstance(settingsForPages);
    application = await startBrowserApplication();
    port = application.port;
    await instance.signInAtDesk('gp');
    browser = await launchBrowser();
  });
  after(async () => {
    await browser?.close();
    application?.close();
    await instance?.stop();
  });

  /** Opens the application at an origin, and returns its final output. */
  const run = async (origin: string, asked: Record<string, string>) => {
    const context = await browser.newContext();
    const window = await context.newPage();
    await window.goto(`${origin}${origin.endsWith('/own') ? '' : '/'}?${new URLSearchParams(asked)}`);
    await window.waitForSelector('html[data-result]', { state: 'attached' });
    const result = await window.evaluate(() => document.documentElement.dataset.result ?? '');
    await context.close();
    return JSON.parse(result) as Record<string, unknown>;
  };

  test('signs in at /oauth2.1 with PKCE and DPoP, calls PDS, refreshes and revokes by fetch', async () => {
    const client = await addBrowserApplication(instance, 'platform', {
      callbackUrls: [`http://localhost:${port}/callback`],
      products: ['personal-demographics-service'],
    });
    const asked = {
      issuer: `${instance.urls.api}/oauth2.1`,
      algorithm: 'oauth2',
      client,
      scope,
      resource: `${instance.urls.api}/personal-demographics/FHIR/R4/Patient/9000000009`,
    };
    assert.deepEqual(await run(`http://localhost:${port}`, asked), {
      type: 'dpop',
      rotated: true,
      patient: '9000000009',
      refused: [400, 'invalid_grant'],
    });
    // The same page at an origin without a registered callback may read the metadata alone.
    const context = await browser.newContext();
    const window = await context.newPage();
    await window.goto(`http://127.0.0.1:${port}/?${new URLSearchParams(asked)}`);
    await window.waitForURL(`${asked.issuer}/authorize?**`);
    assert.match(String(await window.textContent('body')), /redirect_uri/);
    await window.goto(`http://127.0.0.1:${port}/nothing`);
    const failed = await window.evaluate(
      (token) => fetch(token, { method: 'POST', body: new URLSearchParams({ a: 'b' }) }).catch(String),
      `${asked.issuer}/token`,
    );
    assert.match(String(failed), /Failed to fetch/);
    await context.close();
  });

  test('signs in with the client library, calls PDS with a proof, and leaves nothing in the page', async () => {
    const client = await addBrowserApplication(instance, 'platform', {
      callbackUrls: [`http://localhost:${port}/own/callback`],
      products: ['personal-demographics-service'],
    });
    const result = await run(`http://localhost:${port}/own`, {
      issuer: `${instance.urls.api}/oauth2.1`,
      client,
      scope,
      resource: `${instance.urls.api}/personal-demographics/FHIR/R4/Patient/9000000009`,
    });
    assert.deepEqual(result, {
      patient: '9000000009',
      shown: `http://localhost:${port}/own/callback`,
      kept: ['asked'],
      again: null,
      after: 'sign_in_required',
    });
  });

  test('signs in at CIS2 with PKCE and DPoP, reads userinfo and keys, refreshes and revokes by fetch', async () => {
    const client = await addBrowserApplication(instance, 'cis2', {
      redirectUris: [`http://localhost:${port}/callback`],
      refreshTokens: true,
    });
    const { keys, ...result } = await run(`http://localhost:${port}`, {
      issuer: instance.urls.cis2Issuer,
      algorithm: 'oidc',
      client,
      scope: 'openid profile offline_access',
    });
    assert.deepEqual(result, {
      type: 'dpop',
      rotated: true,
      sub: '656005750108',
      refused: [400, 'invalid_grant'],
    });
    assert.ok(Number(keys) > 0);
  });
});
