import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import { after, before, describe, test } from 'node:test';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { launchBrowser } from '../testing/browser.ts';
import { startInstance, type TestInstance } from '../testing/instance.ts';

// For a browser, a hosted CIS2 is a public page and the agent is this computer, so Local Network Access applies. Here the pages
// of CIS2, the platform and the application count as public, although they are on this computer too.

interface Probe {
  url: string;
  /** Received requests and upgrades. */
  seen: string[];
  close(): void;
}

/** A server on loopback that every page may read, so that only the browser can keep a page away. */
function startProbe(): Promise<Probe> {
  const seen: string[] = [];
  const server: Server = createServer((request, answer) => {
    seen.push(`${request.method} ${request.url}`);
    answer.setHeader('access-control-allow-origin', '*');
    answer.setHeader('access-control-allow-private-network', 'true');
    answer.end('reached');
  });
  server.on('upgrade', (request, socket) => {
    seen.push(`UPGRADE ${request.url}`);
    socket.destroy();
  });
  return new Promise((resolve) =>
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      resolve({ url: `127.0.0.1:${port}`, seen, close: () => void server.close() });
    }),
  );
}

/** The attempts of a page to reach loopback without navigation. */
const attempts = (page: Page, target: string) =>
  page.evaluate(async (host) => {
    const outcome = (work: Promise<unknown>) =>
      Promise.race([
        work.then(
          () => 'reached',
          () => 'blocked',
        ),
        new Promise<string>((resolve) => setTimeout(resolve, 60_000, 'no answer')),
      ]);
    const call = (path: string, more: object) => outcome(fetch(`http://${host}${path}`, more as RequestInit));
    const socket = new Promise((resolve, reject) => {
      const made = new WebSocket(`ws://${host}/socket`);
      made.onopen = resolve;
      made.onerror = reject;
    });
    const frame = document.createElement('iframe');
    frame.src = `http://${host}/frame`;
    document.documentElement.append(frame);
    return {
      fetch: await call('/fetch', {}),
      opaque: await call('/opaque', { mode: 'no-cors' }),
      loopback: await call('/loopback', { targetAddressSpace: 'loopback' }),
      local: await call('/local', { targetAddressSpace: 'local' }),
      socket: await outcome(socket),
      permission: await navigator.permissions
        .query({ name: 'loopback-network' as PermissionName })
        .then(({ state }) => state as string)
        .catch(() => 'unknown'),
    };
  }, target);

const publicPages = (urls: TestInstance['urls']): string => {
  const hosts = [urls.cis2Issuer, urls.api, urls.sample].map(
    (url) => `127.0.0.1:${new URL(url).port}=public`,
  );
  return `--ip-address-space-overrides=${hosts.join(',')}`;
};

describe('Local Network Access with a public CIS2 and an agent on this computer', () => {
  let instance: TestInstance;
  let browser: Browser;
  let probe: Probe;
  before(async () => {
    instance = await startInstance({ agentFetchTransport: true });
    browser = await launchBrowser([publicPages(instance.urls)]);
    probe = await startProbe();
  });
  after(async () => {
    await browser?.close();
    await instance?.stop();
    probe?.close();
  });

  async function withPage(work: (page: Page, context: BrowserContext) => Promise<void>): Promise<void> {
    // The document's policy for pages of CIS2 forbids all calls.
    const context = await browser.newContext({ bypassCSP: true });
    try {
      await work(await context.newPage(), context);
    } finally {
      await context.close();
    }
  }
  const signIn = async () => {
    await instance.api('DELETE', '/readers/0/card');
    await instance.signInAtDesk('gp');
  };
  const cis2 = () => new URL(instance.urls.cis2Issuer).origin;
  const aPageOfCis2 = async (page: Page) => {
    await page.goto(`${instance.urls.cis2Issuer}/.well-known/openid-configuration`);
  };

  test('blocks fetch, WebSocket and frame from a public page to this computer', async () => {
    await withPage(async (page) => {
      await aPageOfCis2(page);
      const tried = await attempts(page, probe.url);
      const { permission, ...ways } = tried;
      assert.deepEqual(
        ways,
        { fetch: 'blocked', opaque: 'blocked', loopback: 'blocked', local: 'blocked', socket: 'blocked' },
        JSON.stringify(tried),
      );
      assert.notEqual(permission, 'granted');
      assert.deepEqual(probe.seen, []);
    });
  });

  test('allows the same from a page that is not public, which validates the test above', async () => {
    const plain = await launchBrowser();
    const control = await startProbe();
    try {
      const page = await plain.newPage({ bypassCSP: true });
      await aPageOfCis2(page);
      const tried = await attempts(page, control.url);
      assert.equal(tried.fetch, 'reached');
      assert.ok(control.seen.includes('GET /frame') && control.seen.includes('UPGRADE /socket'));
    } finally {
      await plain.close();
      control.close();
    }
  });

  test("lets the browser navigate to the agent's PIN page without a permission prompt", async () => {
    await withPage(async (page) => {
      await instance.api('PUT', '/readers/0/card', { card: 'clinician' });
      await page.goto(`${instance.urls.sample}/sign-in/combined`);
      await page.waitForSelector('input[name=pin]');
      assert.equal(new URL(page.url()).origin, instance.urls.identityAgent);
      await page.fill('input[name=pin]', '123456');
      await page.press('input[name=pin]', 'Enter');
      await page.getByRole('button', { name: 'Find patient' }).waitFor();
      await instance.api('DELETE', '/readers/0/card');
    });
  });

  for (const pattern of ['combined', 'separate'])
    test(`shows a signed-in user redirects only: ${pattern}`, async () => {
      await signIn();
      await withPage(async (page) => {
        const shown: string[] = [];
        page.on('response', (response) => {
          const { status, url } = { status: response.status(), url: response.url() };
          if (response.request().isNavigationRequest() && status < 300) shown.push(url);
        });
        await page.goto(`${instance.urls.sample}/sign-in/${pattern}`);
        await page.getByRole('button', { name: 'Find patient' }).waitFor();
        assert.deepEqual(
          shown.filter((url) => !url.startsWith(instance.urls.sample)),
          [],
        );
      });
    });

  /** Returns the signed request with which CIS2 would redirect this browser to the agent, without following it. */
  async function requestOf(page: Page): Promise<string> {
    let next = `${instance.urls.sample}/sign-in/combined`;
    for (let hop = 0; hop < 10 && !next.startsWith(instance.urls.identityAgent); hop += 1) {
      const answer = await page.request.get(next, { maxRedirects: 0 });
      next = new URL(answer.headers().location ?? '', next).href;
    }
    const jws = new URL(next).searchParams.get('request');
    assert.ok(jws, next);
    return jws;
  }

  /** Makes the hand-off call of CIS2's own page. */
  const handOffByFetch = (page: Page, jws: string) =>
    page.evaluate(
      ([url, request]) =>
        fetch(url, {
          method: 'POST',
          headers: { 'content-type': 'application/json', 'x-identity-agent': '1' },
          body: JSON.stringify({ request }),
        }).then(
          async (answer) => (await answer.json()) as { location?: string; error?: string },
          () => ({ location: undefined, error: 'blocked' }),
        ),
      [`${instance.urls.identityAgent}/v1/cis2`, jws] as const,
    );

  test('blocks the hand-off by fetch without a policy, and allows it with one', async () => {
    await signIn();
    await withPage(async (page, context) => {
      const jws = await requestOf(page);
      await aPageOfCis2(page);
      assert.equal((await handOffByFetch(page, jws)).error, 'blocked', 'no policy');
      // The effect of LoopbackNetworkAllowedForUrls on an organisation's browsers.
      await context.grantPermissions(['local-network-access'], { origin: cis2() });
      const { location, error } = await handOffByFetch(page, jws);
      assert.ok(location?.startsWith(`${cis2()}/agent/return?code=`), `${location} ${error}`);
      await page.goto(location ?? '');
      await page.getByRole('button', { name: 'Find patient' }).waitFor();
    });
  });

  test('lets the agent refuse a page with permission that is not CIS2', async () => {
    await withPage(async (page, context) => {
      const jws = await requestOf(page);
      const other = new URL(instance.urls.api).origin;
      await context.grantPermissions(['local-network-access'], { origin: other });
      await page.goto(`${other}/oauth2/_ping`);
      const before = (await attempts(page, probe.url)).fetch;
      assert.equal(before, 'reached', 'the browser lets it through now');
      assert.equal((await handOffByFetch(page, jws)).error, 'blocked', 'the agent grants no preflight');
    });
  });
});
