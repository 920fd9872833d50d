import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import type { Browser } from 'playwright-core';
import { launchBrowser } from '../../../../../test/testing/browser.ts';
import { startInstance, type TestInstance } from '../../../../../test/testing/instance.ts';
import { seededClients } from '../../../../seed/applications.ts';
import { demoPrivateKeyPem } from '../../../../seed/key.ts';
import type { Preview } from '../../../explanations/build/preview.ts';
import { requestKinds } from '../../../explanations/build/request-kinds.ts';

const runFile = promisify(execFile);
const keyLine = demoPrivateKeyPem.split('\n')[3] ?? '';

describe('Build a request', () => {
  let instance: TestInstance;
  let browser: Browser;
  before(async () => {
    [instance, browser] = await Promise.all([startInstance(), launchBrowser()]);
    await instance.signInAtDesk('gp');
  });
  after(async () => {
    await browser?.close();
    await instance?.stop();
  });
  const preview = (kind: string, application: string, rest: object = {}) =>
    instance.api<Preview>('POST', '/requests/preview', { kind, application, ...rest });
  const run = (body: object) => instance.call('POST', '/requests/run', body);

  test('signs in the browser, sends, passes the token on and explains the mistake', async () => {
    const page = await browser.newPage();
    const sent: string[] = [];
    page.on('request', (request) => sent.push(request.postData() ?? ''));
    await page.goto(`${instance.urls.console}/build?kind=client-credentials&application=demo-app-restricted`);
    await page.getByRole('button', { name: 'Send' }).click();
    await page.getByText('"token_type": "Bearer"').waitFor();
    await page.getByLabel('Request', { exact: true }).selectOption('api');
    await page.getByRole('heading', { name: 'The message' }).waitFor();
    await page.locator('#v-ACCESS_TOKEN').waitFor();
    await page.getByRole('button', { name: 'Send' }).click();
    await page.getByText('"resourceType": "Patient"').first().waitFor();
    await page.getByLabel('Request', { exact: true }).selectOption('client-credentials');
    await page.getByLabel('Audience of another server').check();
    await page.getByText('mistake', { exact: true }).waitFor();
    await page.getByRole('button', { name: 'Send' }).click();
    await page.getByRole('button', { name: 'Explain this response' }).click();
    await page.getByRole('heading', { name: 'The assertion is for another address' }).waitFor();
    assert.ok(!sent.some((body) => body.includes(keyLine)), 'the key stays in the tab');
    await page.close();
  });

  for (const [kind, application] of [
    ['authorize', 'demo-combined'],
    ['authorize-cis2', 'demo-separate'],
  ] as const)
    test(`runs ${kind} in the browser, catches the code, and removes its callback afterwards`, async () => {
      const context = await browser.newContext();
      const page = await context.newPage();
      await page.goto(`${instance.urls.console}/build?kind=${kind}&application=${application}`);
      await page.getByLabel('Catch the code in this tab').check();
      await page.getByText('build%2Fcallback').first().waitFor();
      const [tab] = await Promise.all([
        context.waitForEvent('page'),
        page.getByRole('button', { name: 'Open in a new tab' }).click(),
      ]);
      await tab.getByText('The other tab has the response').waitFor();
      assert.equal(new URL(tab.url()).search, '');
      await page.getByText('The browser has returned with a code').waitFor();
      await page.locator('#v-CODE').waitFor();
      const callbacks = async () => JSON.stringify(await instance.api('GET', `/applications/${application}`));
      assert.match(await callbacks(), /build\/callback/);
      await page.getByRole('button', { name: 'Send' }).click();
      await page.getByText('"access_token"').waitFor();
      await page.waitForFunction(
        async (id) => !(await (await fetch(`/api/v1/applications/${id}`)).text()).includes('/build/callback'),
        application,
      );
      await context.close();
    });

  test('removes the callback of a run that is cancelled, or whose tab is closed', async () => {
    const context = await browser.newContext();
    const callbacks = async () =>
      (await instance.api<{ platform: { callbackUrls: string[] } }>('GET', '/applications/demo-combined'))
        .platform.callbackUrls.length;
    const begin = async () => {
      const page = await context.newPage();
      await page.goto(`${instance.urls.console}/build?kind=authorize&application=demo-combined`);
      await page.getByLabel('Catch the code in this tab').check();
      await page.getByText('build%2Fcallback').first().waitFor();
      await page.evaluate('window.open = () => null');
      await page.getByRole('button', { name: 'Open in a new tab' }).click();
      await page.getByText('This tab waits for the code.').waitFor();
      assert.equal(await callbacks(), 2);
      return page;
    };
    const page = await begin();
    await page.getByRole('button', { name: 'Cancel this run' }).click();
    await page.getByText('The run is cancelled.').waitFor();
    const removed = () =>
      page.waitForFunction(
        async () => !(await (await fetch('/api/v1/applications/demo-combined')).text()).includes('/build/'),
      );
    await removed();
    await (await begin()).close({ runBeforeUnload: true });
    await removed();
    await context.close();
  });

  test('every request has a rule and a source for each field, and no secret in a program', async () => {
    for (const { id, half } of requestKinds) {
      const application = half === 'cis2' ? 'demo-separate' : 'demo-combined';
      const { fields, snippets, message } = await preview(id, application);
      assert.ok(fields.length > 0 && message.includes('HTTP/1.1'));
      for (const { name, rule, source } of fields) assert.ok(rule && source, `${id} ${name}`);
      const programs = snippets.map(({ code }) => code).join('\n');
      for (const client of Object.values(seededClients))
        assert.ok(!('clientSecret' in client) || !programs.includes(client.clientSecret));
      assert.deepEqual(
        snippets.map(({ language }) => language),
        ['curl', 'JavaScript', 'Java', 'C#', 'Python'],
      );
    }
  });

  test('the programs run', async () => {
    const { snippets } = await preview('refresh', 'demo-combined', {
      values: { client_id: seededClients.combined.clientId },
    });
    for (const [language, command, argument] of [
      ['curl', 'bash', '-c'],
      ['JavaScript', process.execPath, '--eval'],
    ] as const) {
      const { refresh_token: token } = await instance.api<{ refresh_token: string }>('POST', '/tokens', {
        person: 'gp',
        application: 'demo-combined',
      });
      const code = snippets.find((snippet) => snippet.language === language)?.code ?? '';
      const { stdout } = await runFile(command, [argument, code], {
        env: {
          PATH: '/usr/bin:/bin',
          CLIENT_SECRET: seededClients.combined.clientSecret,
          REFRESH_TOKEN: token,
        },
      });
      assert.match(stdout, /200[\s\S]*access_token/, language);
    }
  });

  test('sends nothing to other servers, and no header of the connection', async () => {
    for (const url of [
      'https://elsewhere.test/',
      `${instance.urls.console}/api/v1/state`,
      `${instance.urls.identityAgent}/`,
      `http://169.254.169.254/`,
      instance.urls.api.replace('http://', 'http://user@'),
      'file:///etc/passwd',
      'x',
    ]) {
      const { status, body } = await run({ method: 'GET', url });
      assert.deepEqual([status, body.field], [400, 'url'], url);
    }
    for (const name of ['Host', 'Cookie', 'X-Forwarded-For', 'Transfer-Encoding', 'a b', 'x\r\ny'])
      assert.equal(
        (
          await run({
            method: 'GET',
            url: `${instance.urls.api}/oauth2/_ping`,
            headers: [{ name, value: 'x' }],
          })
        ).status,
        400,
      );
    const { body } = await run({ method: 'GET', url: `${instance.urls.api}/oauth2/_ping` });
    assert.deepEqual([body.status, body.isCut], [200, false]);
  });

  test('refuses an unknown application and one of the other server', async () => {
    const call = (body: object) => instance.call('POST', '/requests/preview', body);
    assert.equal((await call({ kind: 'code', application: 'nothing' })).status, 404);
    assert.equal((await call({ kind: 'code-cis2', application: 'demo-combined' })).status, 400);
    assert.equal((await call({ kind: 'x', application: 'demo-combined' })).status, 400);
  });
});
