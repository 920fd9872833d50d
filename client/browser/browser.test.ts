import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import type { TestContext } from 'node:test';
import { describe, test } from 'node:test';
import { signInNative } from '../native.ts';
import { headlessChromium } from '../testing/browsers.ts';
import { startProvider } from '../testing/openid-provider.ts';
import { panelBrowser } from './panel.ts';
import { separateBrowser } from './separate.ts';
import { systemBrowser } from './system.ts';

const profiles = async () => (await readdir(tmpdir())).filter((name) => name.startsWith('alongside-browser-'));

/** Processes that still have one of these profiles on their command line. */
async function processesWith(names: string[]): Promise<string[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const lines = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')));
  return lines.filter((line) => names.some((name) => line.includes(name)));
}

/** A page that stays open, and when it was first asked for, the profiles that there were. */
async function page(t: TestContext) {
  let asked: (profile: string[]) => void = () => undefined;
  const shown = new Promise<string[]>((resolve) => {
    asked = resolve;
  });
  const server = createServer(async (_request, response) => {
    response.end('<!doctype html><title>page</title>');
    asked(await profiles());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, shown };
}

describe('a browser that the library launches', { timeout: 60_000 }, () => {
  test('is closed on request: its processes and its profile are gone', async (t) => {
    const before = await profiles();
    const { url, shown } = await page(t);
    const opened = await separateBrowser(headlessChromium()).open(url);
    const own = (await shown).filter((name) => !before.includes(name));
    assert.ok(own.length > 0);
    await opened.close();
    await opened.close();
    await opened.closed;
    assert.deepEqual(await processesWith(own), []);
    assert.deepEqual((await profiles()).filter((name) => own.includes(name)), []);
  });

  test('tells when the user closed it', async (t) => {
    const { url, shown } = await page(t);
    const opened = await panelBrowser({ ...headlessChromium(), size: { width: 400, height: 300 } }).open(url);
    await shown;
    const closing = await page(t);
    void closing;
    await opened.close();
    await opened.closed;
  });

  test('that cannot be started, or fails, says so', async () => {
    const missing = separateBrowser({ executable: '/nonexistent/browser' });
    await assert.rejects(missing.open('http://127.0.0.1/'), { code: 'browser_failed' });
    const failing = await separateBrowser({ executable: '/bin/false' }).open('http://127.0.0.1/');
    await assert.rejects(failing.closed, { code: 'browser_failed', message: /exit code 1/ });
    assert.deepEqual(await processesWith(['/nonexistent/browser']), []);
  });

  test('never opens anything but a web address', async () => {
    for (const url of ['file:///etc/passwd', 'javascript:1', '--version', 'http://x/ --flag', '']) {
      await assert.rejects(separateBrowser({ executable: '/bin/true' }).open(url), { code: 'browser_failed' });
      await assert.rejects(async () => systemBrowser({ opener: ['/bin/true'] }).open(url), { code: 'browser_failed' });
    }
  });

  for (const [name, make] of Object.entries({ separate: separateBrowser, panel: panelBrowser })) {
    test(`signs in with a real browser (${name}), which is gone within seconds`, async (t) => {
      const client = {
        client_id: 'demo-native',
        application_type: 'native',
        token_endpoint_auth_method: 'none',
        redirect_uris: ['http://127.0.0.1/callback'],
      };
      const provider = await startProvider({ clients: [client] });
      t.after(provider.close);
      const before = await profiles();
      const browser = make(headlessChromium());
      const tokens = await signInNative({ issuer: provider.issuer, clientId: 'demo-native', scope: 'openid', browser });
      assert.ok(tokens.accessToken);
      const left = (await profiles()).filter((profile) => !before.includes(profile));
      assert.deepEqual(await processesWith(left), []);
    });
  }
});

describe('the system browser', () => {
  test('is opened by a program of the platform, which gets the address as one argument', async (t) => {
    let asked = '';
    const server = createServer((request, response) => {
      asked = request.url ?? '';
      response.end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    t.after(() => server.close());
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/?a=1&b=$(id)`;
    const script = 'fetch(process.argv[1])';
    await systemBrowser({ opener: [process.execPath, '-e', script] }).open(url);
    while (asked === '') await new Promise((resolve) => setTimeout(resolve, 10));
    assert.equal(asked, '/?a=1&b=$(id)');
  });

  test('that is not there, or fails, says so', async () => {
    await assert.rejects(systemBrowser({ opener: ['/nonexistent/opener'] }).open('http://x.test/'), { code: 'browser_failed' });
    const opened = await systemBrowser({ opener: ['/bin/false'] }).open('http://x.test/');
    await assert.rejects(opened.closed, { code: 'browser_failed' });
  });
});
