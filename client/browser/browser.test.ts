import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { ServerMetadata } from '../metadata.ts';
import { signInNative } from '../native.ts';
import { headlessChromium } from '../testing/browsers.ts';
import { startProvider } from '../testing/openid-provider.ts';
import { serve } from '../testing/server.ts';
import { type Browser, type OpenBrowser, systemBrowser } from './browser.ts';
import { type ChromiumSettings, panelBrowser, separateBrowser } from './chromium.ts';

/** Chromium with its profiles in a folder of this test. */
async function chromium(t: TestContext) {
  const profileFolder = await mkdtemp(join(tmpdir(), 'browser-test-'));
  t.after(() => rm(profileFolder, { recursive: true, force: true }));
  const settings: ChromiumSettings = { ...headlessChromium(), profileFolder };
  return {
    settings,
    profiles: () => readdir(profileFolder),
    /** Resolves when no process uses a profile of this test: they may take a moment to end. */
    async ended(): Promise<void> {
      while ((await processesNaming(profileFolder)).length > 0) await delay(20);
    },
    processes: () => processesNaming(profileFolder),
  };
}

async function processesNaming(text: string): Promise<string[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const lines = await Promise.all(
    pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')),
  );
  return lines.filter((line) => line.includes(text));
}

/** A server with one page; `shown` resolves when a browser has requested it. */
async function page(t: TestContext, html: string) {
  let asked: (url: string) => void = () => undefined;
  const shown = new Promise<string>((resolve) => {
    asked = resolve;
  });
  const server = await serve(() => (request, response) => {
    response.writeHead(200, { 'content-type': 'text/html' }).end(html);
    asked(request.url ?? '');
  });
  t.after(server.close);
  return { url: `${server.origin}/`, shown };
}

async function nativeProvider(t: TestContext) {
  const client = {
    client_id: 'demo-native',
    application_type: 'native',
    token_endpoint_auth_method: 'none',
    redirect_uris: ['http://127.0.0.1/callback'],
  };
  const provider = await startProvider({ clients: [client] });
  t.after(provider.close);
  return { issuer: provider.issuer, clientId: 'demo-native', scope: 'openid' };
}

const KINDS = { separate: separateBrowser, panel: panelBrowser };

describe('separateBrowser and panelBrowser', () => {
  for (const [name, make] of Object.entries(KINDS)) {
    test(`end their processes and delete the profile when closed (${name})`, async (t) => {
      const { settings, profiles, processes, ended } = await chromium(t);
      const { url, shown } = await page(t, '<title>page</title>');
      const opened = await make(settings).open(url);
      await shown;
      assert.equal((await profiles()).length, 1);
      assert.ok((await processes()).length > 0);
      await opened.close();
      await opened.close();
      await opened.closed;
      assert.deepEqual(await profiles(), []);
      await ended();
    });

    test(`are closed when the sign-in has its tokens (${name})`, async (t) => {
      const { settings, profiles, ended } = await chromium(t);
      const native = await nativeProvider(t);
      let during: string[] = [];
      const browser: Browser = {
        async open(url) {
          const opened = await make(settings).open(url);
          during = await profiles();
          return opened;
        },
      };
      const tokens = await signInNative({ ...native, browser });
      assert.ok(tokens.accessToken);
      assert.equal(during.length, 1);
      assert.deepEqual(await profiles(), []);
      await ended();
    });
  }

  test('close themselves at the last page if the user did not click', async (t) => {
    const { settings } = await chromium(t);
    const native = await nativeProvider(t);
    let opened: OpenBrowser | undefined;
    const browser: Browser = {
      async open(url) {
        opened = await separateBrowser(settings).open(url);
        return { closed: opened.closed, close: async () => undefined };
      },
    };
    await signInNative({ ...native, browser });
    await opened?.closed;
  });

  test('report a cancelled sign-in and delete the profile when the user closes the window', async (t) => {
    const { settings, profiles } = await chromium(t);
    const { url } = await page(t, '<script>window.close()</script>');
    const metadata: ServerMetadata = {
      issuer: url,
      authorization_endpoint: url,
      token_endpoint: url,
      code_challenge_methods_supported: ['S256'],
    };
    const browser = separateBrowser(settings);
    await assert.rejects(signInNative({ metadata, clientId: 'x', browser }), { code: 'cancelled' });
    assert.deepEqual(await profiles(), []);
  });

  test('are closed when the sign-in times out', async (t) => {
    const { settings, profiles, ended } = await chromium(t);
    const { url } = await page(t, '<title>waiting for a PIN</title>');
    const metadata: ServerMetadata = {
      issuer: url,
      authorization_endpoint: url,
      token_endpoint: url,
      code_challenge_methods_supported: ['S256'],
    };
    const options = { metadata, clientId: 'x', browser: separateBrowser(settings), timeoutMs: 800 };
    await assert.rejects(signInNative(options), { code: 'timeout' });
    assert.deepEqual(await profiles(), []);
    await ended();
  });

  test('report that a browser cannot be started or failed, and leave nothing behind', async (t) => {
    const { settings, profiles } = await chromium(t);
    const missing = separateBrowser({ ...settings, executable: '/nonexistent/browser' });
    await assert.rejects(missing.open('http://127.0.0.1/'), { code: 'browser_failed' });
    const failing = await separateBrowser({ ...settings, executable: '/bin/false' }).open(
      'http://127.0.0.1/',
    );
    await assert.rejects(failing.closed, { code: 'browser_failed', message: /exit code 1/ });
    assert.deepEqual(await profiles(), []);
  });

  test('report why a browser failed, without the address', async (t) => {
    const { settings, profiles } = await chromium(t);
    const reasonOf = async (executable: string, flags: readonly string[]) => {
      const { closed } = await separateBrowser({ ...settings, executable, flags }).open(
        'http://127.0.0.1/?code=secret',
      );
      return closed.then(String, ({ message }: Error) => message);
    };
    const flags = ['--no-sandbox', '--ozone-platform=x11', '--display=:none'];
    assert.match(await reasonOf(settings.executable, flags), /exit code 1.*X server/);
    if (process.getuid?.() === 0) {
      const asRoot = await reasonOf(settings.executable, []);
      assert.match(asRoot, /Running as root without --no-sandbox.*The application has to give that flag/);
    }
    const speaking = join(await mkdtemp(join(settings.profileFolder ?? '', 'program-')), 'browser');
    await writeFile(
      speaking,
      '#!/bin/sh\nprintf "[1:ERROR:x.cc(1)] \\033[2Jcannot show /a?code=secret %s\\n" "$*" >&2\nexit 3\n',
      {
        mode: 0o755,
      },
    );
    const spoken = await reasonOf(speaking, []);
    assert.match(
      spoken,
      /^The browser ended by itself \(exit code 3\)\. It said: \[2Jcannot show … --user.* …$/,
    );
    assert.deepEqual(await profiles(), [basename(dirname(speaking))]);
  });

  test('open only web addresses', async () => {
    for (const url of ['file:///etc/passwd', 'javascript:1', '--version', 'http://x/ --flag', '']) {
      await assert.rejects(separateBrowser({ executable: '/bin/true' }).open(url), {
        code: 'browser_failed',
      });
      await assert.rejects(systemBrowser({ opener: ['/bin/true'] }).open(url), { code: 'browser_failed' });
    }
  });
});

describe('systemBrowser', () => {
  test('starts a program of the platform with the address as one argument', async (t) => {
    const { url, shown } = await page(t, '');
    await systemBrowser({ opener: [process.execPath, '-e', 'fetch(process.argv[1])'] }).open(
      `${url}?a=1&b=$(id)`,
    );
    assert.equal(await shown, '/?a=1&b=$(id)');
  });

  test('reports a program that is missing or fails', async (t) => {
    // The user's browser does not keep the process running, but a server does, as in a sign-in.
    await page(t, '');
    const missing = systemBrowser({ opener: ['/nonexistent/opener'] });
    await assert.rejects(missing.open('http://x.test/'), { code: 'browser_failed' });
    const opened = await systemBrowser({ opener: ['/bin/false'] }).open('http://x.test/');
    await assert.rejects(opened.closed, { code: 'browser_failed' });
  });
});
