import assert from 'node:assert/strict';
import { verify, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { systemClock } from '@alongside/kernel/clock';
import { uuid } from '@alongside/kernel/ids';
import { Vault } from '@alongside/kernel/secrets';
import type { Browser } from 'playwright-core';
import { createSigning, OAuthError } from '../../client/index.ts';
import type { AuthenticatorsAnswer } from '../../src/cis2/protocol.ts';
import { virtualAuthenticator } from '../../src/cis2/testing/webauthn-desk.ts';
import { Browser as PlainBrowser } from '../../src/kit/browser.ts';
import { demoCredentials, signingClient } from '../../src/seed/registrations.ts';
import { type SigningRequest, Transactions } from '../../src/signing/transactions.ts';
import { openDatabase } from '../../src/storage/dialects.ts';
import { SingleUse } from '../../src/storage/single-use.ts';
import { launchBrowser } from '../testing/browser.ts';
import { startInstance, type TestInstance } from '../testing/instance.ts';
import { startProduction } from '../testing/production.ts';

const gp = '656005750108';
const base64 = (text: string) => Buffer.from(text).toString('base64');

// The journey of a prescriber, with the client library and the pages as a person sees them.
describe('a prescriber who signs', () => {
  let instance: TestInstance;
  let browser: Browser;
  before(async () => {
    [instance, browser] = await Promise.all([startInstance({ sandbox: true }), launchBrowser()]);
    await instance.signInAtDesk('gp');
  });
  after(async () => {
    await browser?.close();
    await instance?.stop();
  });

  async function open(path = '/signing-service') {
    const { prescriber } = demoCredentials(instance.urls);
    const body = { person: 'gp', application: 'demo-prescriber' };
    const tokens = await instance.api<{ access_token: string }>('POST', '/tokens', body);
    const signing = createSigning({
      baseUrl: instance.urls.api + path,
      token: tokens.access_token,
      signingKey: prescriber.key,
      clientId: prescriber.platform.clientId,
    });
    return { signing, callback: prescriber.platform.callbackUrl };
  }

  const isValid = (text: string, signature: string | undefined, certificate: string): boolean =>
    verify(
      'sha256',
      Buffer.from(text),
      new X509Certificate(Buffer.from(certificate, 'base64')).publicKey,
      Buffer.from(signature ?? '', 'base64'),
    );

  test('sees the documents, enters the PIN and is back at the application, with signatures', async () => {
    const { signing, callback } = await open();
    const payloads = ['one', 'two', 'three'].map((id) => ({ id, payload: base64(id) }));
    const started = await signing.request({ payloads, state: 'the state', subject: gp });
    const page = await (await browser.newContext()).newPage();
    await page.goto(started.redirectUri);
    await page.getByRole('heading', { name: 'Sign 3 documents' }).waitFor();
    assert.match((await page.textContent('main')) ?? '', /demo-prescriber asks you to sign 3 documents/);
    const digest = page.getByText('7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed');
    assert.equal(await digest.isVisible(), false);
    await page.getByText('SHA-256 of each document').click();
    await digest.waitFor();
    await page.getByRole('button', { name: 'Sign', exact: true }).click();
    await page.getByText('demo-prescriber (to sign 3 documents), through Signing service').waitFor();
    await page.locator('input[name="pin"]').fill('123456');
    await page.keyboard.press('Enter');
    await page.waitForURL(`${callback}?**`);
    const parameters = new URL(page.url()).searchParams;
    assert.deepEqual(
      ['token', 'state', 'error'].map((name) => parameters.get(name)),
      [started.token, 'the state', null],
    );
    const { signatures, certificate } = await signing.result(started.token);
    for (const { id, signature } of signatures) assert.ok(isValid(id, signature, certificate));

    // Back shows no form again, but the application.
    await page.goto(started.redirectUri);
    await page.waitForURL(`${callback}?**`);
    await page.context().close();
  });

  test('signs with the token of a sign-in by the combined pattern', async () => {
    const { platform, key } = demoCredentials(instance.urls).prescriber;
    const { clientId, clientSecret, callbackUrl } = platform;
    const walker = new PlainBrowser([callbackUrl]);
    const query = { response_type: 'code', client_id: clientId, redirect_uri: callbackUrl, state: 'a-state' };
    const landing = await walker.go(`${instance.urls.api}/oauth2/authorize?${new URLSearchParams(query)}`);
    assert.equal(landing.kind, 'callback');
    const response = await fetch(`${instance.urls.api}/oauth2/token`, {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'authorization_code',
        code: landing.url.searchParams.get('code') ?? '',
        redirect_uri: callbackUrl,
        client_id: clientId,
        client_secret: clientSecret,
      }),
    });
    const { access_token: token } = (await response.json()) as { access_token: string };
    const baseUrl = `${instance.urls.api}/signing-service`;
    const signing = createSigning({ baseUrl, token, signingKey: key, clientId });
    const started = await signing.request({ payloads: [{ id: uuid(), payload: 'YQ==' }], subject: gp });
    assert.match(started.redirectUri, /\?token=/);
  });

  test('can try again after a wrong PIN, and declines on the page', async () => {
    const { signing, callback } = await open();
    const started = await signing.request({ payloads: [{ id: uuid(), payload: 'YQ==' }], subject: gp });
    const page = await (await browser.newContext()).newPage();
    await page.goto(started.redirectUri);
    await page.getByRole('button', { name: 'Sign', exact: true }).click();
    await page.locator('input[name="pin"]').fill('000000');
    await page.keyboard.press('Enter');
    await page.getByText('2 attempts left').waitFor();
    await assert.rejects(
      signing.result(started.token),
      (error: OAuthError) => error instanceof OAuthError && error.error === 'authorization_pending',
    );
    // A second tab of the same request.
    const tab = await page.context().newPage();
    await tab.goto(started.redirectUri);
    await tab.reload();
    await tab.getByRole('button', { name: 'Do not sign' }).click();
    await tab.waitForURL(`${callback}?**`);
    assert.equal(new URL(tab.url()).searchParams.get('error'), 'access_denied');
    // The first tab can sign no more.
    await page.locator('input[name="pin"]').fill('123456');
    await page.keyboard.press('Enter');
    await page.waitForURL(`${callback}?**`);
    await assert.rejects(
      signing.result(started.token),
      (error: OAuthError) => error.error === 'access_denied' && error.status === 403,
    );
    await page.context().close();
  });

  test('proves presence with a security key and user verification instead of the card', async () => {
    const { signing, callback } = await open();
    const started = await signing.request({ payloads: [{ id: uuid(), payload: 'YQ==' }], subject: gp });
    const { authenticators } = await instance.api<AuthenticatorsAnswer>('GET', '/people/gp/authenticators');
    const page = await (await browser.newContext()).newPage();
    const credential = authenticators.find(({ kind }) => kind === 'security-key')?.development?.credential;
    await (await virtualAuthenticator(page)).add(credential as never);
    await page.goto(started.redirectUri);
    await page.getByRole('button', { name: 'Sign', exact: true }).click();
    await page.getByText('Use another way to sign in').click();
    await page.getByRole('radio', { name: 'Security key' }).check();
    await page.getByRole('button', { name: 'Continue' }).click();
    await page.waitForURL(`${callback}?**`);
    const { signatures, certificate } = await signing.result(started.token);
    assert.ok(isValid('a', signatures[0]?.signature, certificate));
    const { records } = await instance.api<{ records: { detail: { authenticator: string } }[] }>(
      'GET',
      '/audit?action=signing.signed',
    );
    assert.ok(records.some(({ detail }) => detail.authenticator === 'FIDO2'));
    await page.context().close();
  });

  test('shows the journey of a signature, with its requests', async () => {
    const events = await instance.events();
    const signed = events.find(({ name }) => name === 'signing.signed');
    assert.ok(signed);
    const names = events.filter(({ journey }) => journey === signed.journey).map(({ name }) => name);
    for (const name of ['signing.requested', 'signing.presence', 'signing.callback', 'signing.signed'])
      assert.ok(names.includes(name), `${name} is of the same journey: ${names.join(' ')}`);
    const journey = await instance.api<{ headline: string; messages: { words: string }[] }>(
      'GET',
      `/journeys/${signed.journey}`,
    );
    const words = journey.messages.map((message) => message.words);
    for (const sentence of ['Asks for signatures', 'Decides whether to sign', 'Fetches the signatures'])
      assert.ok(words.includes(sentence), words.join(', '));
  });

  test("has a certificate on the person's page of the console, which revokes it", async () => {
    const page = await (await browser.newContext()).newPage();
    await page.goto(`${instance.urls.console}/people/${gp}`);
    await page.getByRole('heading', { name: 'Signing certificate' }).waitFor();
    await page.getByText('RSA-2048').waitFor();
    page.on('dialog', (dialog) => dialog.accept());
    await page.locator('#signing-reason').selectOption('keyCompromise');
    await page.locator('form#revoke-signing button, #revoke-signing button').first().click();
    await page.getByText('revoked', { exact: true }).waitFor();
    assert.equal((await instance.api<{ state: string }>('GET', '/people/gp/signing')).state, 'revoked');
    await page.context().close();
  });

  test('signs in the sandbox without a person and without a token', async () => {
    const { signing } = await open('/sandbox/signing-service');
    const { token } = await signing.request({ payloads: [{ id: uuid(), payload: 'YQ==' }], subject: gp });
    const { signatures, certificate } = await signing.result(token);
    assert.ok(isValid('a', signatures[0]?.signature, certificate));
    const ping = await fetch(`${instance.urls.api}/sandbox/signing-service/_ping`);
    assert.equal(ping.status, 200);
  });
});

test('production refuses mock=true, and signs nothing for it', async (t) => {
  const instance = await startProduction();
  t.after(() => instance.stop());
  const vault = new Vault(
    Buffer.from(readFileSync(join(instance.folder, 'master.key'), 'utf8'), 'base64url'),
  );
  const database = await openDatabase(`sqlite:${join(instance.folder, 'alongside.db')}`, '');
  t.after(() => database.close());
  const transactions = new Transactions(new SingleUse(database, systemClock), vault);
  const request: SigningRequest = {
    application: 'an-application',
    applicationName: 'An application',
    clientId: 'a-client',
    uid: gp,
    family: '',
    callback: 'https://app.example.test/signed',
    state: null,
    algorithm: 'RS256',
    payloads: [{ id: '1', payload: 'YQ==' }],
  };
  await database.run(transactions.keepStatement('a-token', request));
  const page = `${instance.urls.api}/signing-service/presence?token=a-token`;
  const shown = await fetch(page, { headers: { accept: 'text/html' } });
  assert.equal(shown.status, 200);
  assert.doesNotMatch(await shown.text(), /Test system/);
  const mock = await fetch(`${page}&mock=true`, { redirect: 'manual' });
  assert.equal(mock.status, 400);
  assert.equal(
    ((await mock.json()) as { error_description: string }).error_description,
    'mock=true is for development.',
  );
  assert.ok(await transactions.find('a-token'), 'it still waits');
  assert.equal((await fetch(`${instance.urls.api}/sandbox/signing-service/_ping`)).status, 404);
  const answer = await fetch(`${instance.urls.cis2Issuer}/access_token`, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'authorization_code',
      code: 'none',
      redirect_uri: `${instance.urls.api}/signing-service/callback`,
      client_id: signingClient.clientId,
      client_secret: vault.serviceSecret('signing', 'cis2'),
    }),
  });
  assert.equal(
    ((await answer.json()) as { error: string }).error,
    'invalid_grant',
    'it is registered at CIS2',
  );
});

test('there is no sandbox unless it is switched on', async (t) => {
  const instance = await startInstance();
  t.after(() => instance.stop());
  const response = await fetch(`${instance.urls.api}/sandbox/signing-service/_ping`);
  assert.equal(response.status, 404);
});
