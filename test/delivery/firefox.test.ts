import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, test } from 'node:test';
import {
  addBrowserApplication,
  settingsForPages,
  startBrowserApplication,
} from '../testing/browser-application.ts';
import { type Firefox, type FirefoxWindow, startFirefox, whenThere } from '../testing/firefox.ts';
import { startInstance, type TestInstance } from '../testing/instance.ts';

const { ALONGSIDE_FIREFOX: path } = process.env;

/** Presses the link or the button with a text, as a user would. */
const press = (text: string) =>
  `(() => { const found = [...document.querySelectorAll('main a, main button')].find((one) => one.textContent.includes(${JSON.stringify(text)})); found?.click(); return Boolean(found); })()`;
/** Fills the only field of a page that has this name, and submits its form. */
const submit = (name: string, value: string) =>
  `(() => { const field = document.querySelector('input[name="${name}"]'); if (!field) return false; field.value = '${value}'; field.form.requestSubmit(); return true; })()`;
const shows = (text: string) =>
  `document.querySelector('main').textContent.includes(${JSON.stringify(text)})`;

// In Chromium: test/journeys/silent.test.ts and browser-application.test.ts, with more cases.
describe('Firefox, with hosted pages that may not call this computer', {
  skip: path === undefined && 'needs Firefox',
}, () => {
  let instance: TestInstance;
  let application: Awaited<ReturnType<typeof startBrowserApplication>>;
  let origin: string;
  let browser: Firefox;
  before(async () => {
    [instance, application] = await Promise.all([startInstance(settingsForPages), startBrowserApplication()]);
    origin = `http://localhost:${application.port}`;
    const { sample, api, cis2Issuer } = instance.urls;
    browser = await startFirefox(path ?? '', [sample, api, cis2Issuer, origin]);
  });
  after(async () => {
    await browser?.close();
    application?.close();
    await instance?.stop();
  });

  /** Signs in by a link of the sample application, and reads a patient. */
  async function readPatient(window: FirefoxWindow, pattern: string, pin?: string) {
    await window.open(instance.urls.sample);
    await whenThere(window, press(`Sign in (${pattern})`));
    if (pin !== undefined) await whenThere(window, submit('pin', pin));
    await whenThere(window, submit('nhs-number', '9000000009'));
    await whenThere(window, shows('2010-10-22'));
  }

  async function signOut(window: FirefoxWindow) {
    await whenThere(window, press('Sign out'));
    await whenThere(window, shows('Sign in (combined)'));
  }

  test('asks for the PIN once, then shows only redirects in both patterns', async () => {
    await instance.api('PUT', '/readers/0/card', { card: 'gp' });
    const window = await browser.newWindow();
    await readPatient(window, 'combined', '123456');
    await signOut(window);
    await readPatient(window, 'separate');
    await signOut(window);
    await readPatient(await browser.newWindow(), 'combined');
  });

  test('runs an application in a page, with PKCE, DPoP and calls to another origin', async () => {
    const client = await addBrowserApplication(instance, 'platform', {
      callbackUrls: [`${origin}/own/callback`],
      products: ['personal-demographics-service'],
    });
    const asked = new URLSearchParams({
      issuer: `${instance.urls.api}/oauth2.1`,
      client,
      scope: 'urn:nhsd:apim:user-nhs-cis2:aal3:personal-demographics-service',
      resource: `${instance.urls.api}/personal-demographics/FHIR/R4/Patient/9000000009`,
    });
    const window = await browser.newWindow();
    await window.open(`${origin}/own?${asked}`);
    const result = await whenThere(window, 'document.documentElement.dataset.result');
    assert.deepEqual(JSON.parse(String(result)), {
      patient: '9000000009',
      shown: `${origin}/own/callback`,
      kept: ['asked'],
      again: null,
      after: 'sign_in_required',
    });
  });

  // So the tests above show that navigation needs no permission.
  test('blocks a call from a hosted page to a server on this computer', async () => {
    const server = createServer((_, response) => response.end()).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const window = await browser.newWindow();
    await window.open(`${origin}/own/nothing`);
    const call = `fetch('http://127.0.0.1:${port}/', { mode: 'no-cors' })`;
    const outcome = `${call}.then(() => 'reached', () => 'blocked')`;
    await whenThere(
      window,
      `(() => { ${outcome}.then((text) => { document.title = text; }); return true; })()`,
    );
    const seen = await whenThere(window, `['reached', 'blocked'].find((text) => text === document.title)`);
    server.close();
    server.closeAllConnections();
    assert.equal(seen, 'blocked');
  });

  test('shows a journey in the console', async () => {
    const window = await browser.newWindow();
    await window.open(`${instance.urls.console}/journeys`);
    await whenThere(window, press('Read a patient'));
    await whenThere(window, shows('One arrow per redirect'));
  });
});
