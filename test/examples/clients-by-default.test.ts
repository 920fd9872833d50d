import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, describe, test } from 'node:test';
import { sha256 } from '@alongside/kernel/secrets';
import type { Browser, Page } from 'playwright-core';
import { makeAuthority, type TestAuthority } from '../testing/authority.ts';
import { launchBrowser } from '../testing/browser.ts';
import { addBrowserApplication } from '../testing/browser-application.ts';
import { freePort } from '../testing/free-port.ts';
import { startInstance, type TestInstance } from '../testing/instance.ts';

// Unmodified libraries of npm with their own defaults, in Chromium, at CIS2 and /oauth2.1 over HTTPS: MSAL demands it.
const tools = process.env.ALONGSIDE_TEST_TOOLS;
const skip = tools === undefined && 'the libraries are missing; npm test installs them';
const gp = '656005750108';
const verifier = 'v'.repeat(43);
const challenge = sha256(verifier);

/** The scripts of two pages. Each shows its result in `data-result` of the root element. */
const pages = {
  'oidc-client-ts': `
const { UserManager } = oidc;
const manager = new UserManager({ ...asked.settings, authority: asked.issuer, client_id: asked.client, redirect_uri: location.origin + '/oidc-client-ts/callback' });
if (location.pathname.endsWith('/signed-out')) show({ signedOut: true });
else if (!location.search.includes('code=')) await manager.signinRedirect();
else {
  const user = await manager.signinCallback();
  const renewed = user.refresh_token ? (await manager.signinSilent()).profile.sub : null;
  if (asked.signOut) await manager.signoutRedirect();
  else show({ sub: user.profile.sub, renewed });
}`,
  'keycloak-js': `
const { default: Keycloak } = await import('/libraries/keycloak-js/lib/keycloak.js');
const keycloak = new Keycloak({ oidcProvider: asked.issuer, clientId: asked.client });
const signedIn = await keycloak.init({ onLoad: 'login-required', ...asked.settings });
show({ signedIn, sub: keycloak.idTokenParsed.sub });`,
};

const page = (
  script: string,
) => `<!doctype html><html lang="en"><title>Application</title><script src="/libraries/oidc-client-ts/dist/browser/oidc-client-ts.js"></script><script type="module">
const show = (result) => { document.documentElement.dataset.result = JSON.stringify(result); };
addEventListener('unhandledrejection', ({ reason }) => show({ failed: String(reason?.message ?? reason?.error ?? reason) }));
if (location.hash.startsWith('#asked=')) { sessionStorage.asked = decodeURIComponent(location.hash.slice(7)); history.replaceState(null, '', location.pathname); }
const asked = JSON.parse(sessionStorage.asked);
try {${script}
} catch (error) { show({ failed: String(error?.message ?? error) }); }
</script></html>`;

/** Serves the two pages, and the libraries from their packages. */
async function servePages(): Promise<{ server: Server; origin: string }> {
  const server = createServer(({ url = '/' }, response) => {
    const path = new URL(url, 'http://localhost').pathname;
    if (path.startsWith('/libraries/') && !path.includes('..')) {
      response.writeHead(200, { 'content-type': 'text/javascript' });
      response.end(readFileSync(join(tools ?? '', 'node_modules', path.slice('/libraries/'.length))));
      return;
    }
    const script = Object.entries(pages).find(([name]) => path.startsWith(`/${name}`))?.[1];
    response.writeHead(script === undefined ? 404 : 200, { 'content-type': 'text/html' });
    response.end(script === undefined ? '' : page(script));
  }).listen(0, 'localhost');
  await new Promise((resolve) => server.once('listening', resolve));
  return { server, origin: `http://localhost:${(server.address() as AddressInfo).port}` };
}

describe('unmodified libraries with their own defaults', { skip }, () => {
  let authority: TestAuthority;
  let instance: TestInstance;
  let browser: Browser;
  let served: Awaited<ReturnType<typeof servePages>>;
  let folder: string;
  before(async () => {
    authority = makeAuthority();
    const { certificate, key } = authority.issue('localhost');
    [instance, browser, served] = await Promise.all([
      startInstance({ tlsCertificate: certificate, tlsKey: key, tlsAuthority: authority.certificate }),
      launchBrowser(),
      servePages(),
    ]);
    await instance.signInAtDesk('gp');
    // A program finds the packages from its own folder.
    folder = mkdtempSync(join(tools ?? '', 'by-default-'));
    copyFileSync(join(import.meta.dirname, '../testing/sign-in-servers.mjs'), join(folder, 'servers.mjs'));
  });
  after(async () => {
    await browser?.close();
    served?.server.close();
    served?.server.closeAllConnections();
    await instance?.stop();
    authority?.discard();
    rmSync(folder, { recursive: true, force: true });
  });

  const issuerOf = (half: 'platform' | 'cis2') =>
    half === 'cis2' ? instance.urls.cis2Issuer : `${instance.urls.api}/oauth2.1`;

  const newPage = async () => (await browser.newContext({ ignoreHTTPSErrors: true })).newPage();

  /** Opens a page of `pages`, and returns the result that it shows. */
  async function runPage(name: keyof typeof pages, asked: Record<string, unknown>): Promise<unknown> {
    const window = await newPage();
    const text = encodeURIComponent(JSON.stringify(asked));
    await window.goto(`${served.origin}/${name}#asked=${text}`);
    await window.waitForSelector('html[data-result]', { state: 'attached' });
    const result = await window.evaluate(() => document.documentElement.dataset.result ?? '');
    await window.context().close();
    return JSON.parse(result);
  }

  const publicClient = (half: 'platform' | 'cis2', name: keyof typeof pages) => {
    const address = `${served.origin}/${name}${name === 'oidc-client-ts' ? '/callback' : ''}`;
    const after = { postLogoutRedirectUris: [`${served.origin}/oidc-client-ts/signed-out`] };
    return addBrowserApplication(
      instance,
      half,
      half === 'platform'
        ? { ...after, callbackUrls: [address], products: ['hello-world'] }
        : { ...after, redirectUris: [address] },
    );
  };

  for (const half of ['platform', 'cis2'] as const) {
    const at = half === 'cis2' ? 'CIS2' : '/oauth2.1';

    test(`oidc-client-ts signs in at ${at} in a page, renews and signs out`, async () => {
      const asked = { issuer: issuerOf(half), client: await publicClient(half, 'oidc-client-ts') };
      // CIS2 gives refresh tokens for the scope offline_access alone.
      const renewed = half === 'cis2' ? null : gp;
      assert.deepEqual(await runPage('oidc-client-ts', asked), { sub: gp, renewed });
      const settings = { post_logout_redirect_uri: `${served.origin}/oidc-client-ts/signed-out` };
      assert.deepEqual(await runPage('oidc-client-ts', { ...asked, settings, signOut: true }), {
        signedOut: true,
      });
    });
  }

  for (const half of ['platform', 'cis2'] as const)
    test(`keycloak-js is not for other providers: it ends by its own errors at ${half}`, async () => {
      const asked = { issuer: issuerOf(half), client: await publicClient(half, 'keycloak-js') };
      // Its default asks for a page of Keycloak, or of OpenID Connect Session Management.
      assert.deepEqual(await runPage('keycloak-js', asked), { failed: 'Not supported by the OIDC server' });
      // Without it, the library sends cookies with its token request, which no page may do here, and would then read opaque tokens as JWTs.
      const settings = { checkLoginIframe: false };
      assert.deepEqual(await runPage('keycloak-js', { ...asked, settings }), { failed: 'Failed to fetch' });
    });

  /** Registers a client of the profile `standard`, and returns its credentials. */
  async function register(half: 'platform' | 'cis2', address: string, more = {}) {
    const body =
      half === 'platform'
        ? { callbackUrls: [address], products: ['hello-world'], ...more }
        : { redirectUris: [address], ...more };
    const made = await instance.api<Record<string, { clientId: string; clientSecret?: string }>>(
      'POST',
      '/applications',
      { name: `by default at ${half}`, profile: 'standard', [half]: body },
    );
    const { clientId = '', clientSecret = '' } = made[half] ?? {};
    return { CLIENT_ID: clientId, CLIENT_SECRET: clientSecret };
  }

  /** Starts a server of `sign-in-servers.mjs`, opens its page with Chromium, and returns what it shows at the end. */
  async function runServer(
    library: string,
    port: number,
    env: Record<string, string>,
    visit: (window: Page, lines: AsyncIterator<string>) => Promise<string>,
  ): Promise<string> {
    const child: ChildProcess = spawn(process.execPath, [join(folder, 'servers.mjs'), library], {
      env: {
        PATH: process.env.PATH ?? '',
        NODE_EXTRA_CA_CERTS: authority.certificate,
        PORT: String(port),
        ...env,
      },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const ended = new Promise((resolve) => child.once('close', resolve));
    try {
      assert.ok(child.stdout);
      const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
      assert.equal((await lines.next()).value, 'listening');
      const window = await newPage();
      await window.goto(`http://localhost:${port}/`);
      const shown = await visit(window, lines);
      await window.context().close();
      return shown;
    } finally {
      child.stdin?.end();
      await ended;
    }
  }

  const shownBy = async (window: Page) => {
    await window.waitForURL((url) => url.hostname === 'localhost' && url.protocol === 'http:');
    return String(await window.textContent('body'));
  };

  /** Sends a challenge in the words of MSAL and of OAuth. */
  const msalPkce = JSON.stringify({
    codeChallenge: challenge,
    codeChallengeMethod: 'S256',
    codeVerifier: verifier,
  });
  const pkce = JSON.stringify({
    code_challenge: challenge,
    code_challenge_method: 'S256',
    code_verifier: verifier,
  });
  const refusal = /Failed: .*code_challenge/;
  const signedIn = new RegExp(`Signed in: ${gp}`);

  for (const half of ['platform', 'cis2'] as const) {
    const at = half === 'cis2' ? 'CIS2' : '/oauth2.1';
    // MSAL asks for metadata at the address in lower case. That of CIS2 has capitals.
    const metadata: Record<string, string> = half === 'cis2' ? { METADATA: 'given' } : {};

    test(`Auth.js signs in at ${at}`, async () => {
      const port = await freePort();
      const env = await register(half, `http://localhost:${port}/auth/callback/own`);
      const shown = await runServer('auth-js', port, { ...env, ISSUER: issuerOf(half) }, async (window) => {
        await window.getByRole('button').click();
        await window.waitForURL(`http://localhost:${port}/`);
        return shownBy(window);
      });
      assert.match(shown, signedIn);
    });

    test(`Hono's oidc-auth signs in at ${at}`, async () => {
      const port = await freePort();
      const env = await register(half, `http://localhost:${port}/callback`);
      assert.match(await runServer('hono', port, { ...env, ISSUER: issuerOf(half) }, shownBy), signedIn);
    });

    test(`AppAuth signs in at ${at} as a public client`, async () => {
      const port = await freePort();
      const native = { tokenEndpointAuthMethod: 'none', applicationType: 'native' };
      const env = await register(half, `http://localhost:${port}/callback`, native);
      assert.match(await runServer('appauth', port, { ...env, ISSUER: issuerOf(half) }, shownBy), signedIn);
    });

    test(`MSAL Node signs in at ${at} as a public client`, async () => {
      const port = await freePort();
      const native = { tokenEndpointAuthMethod: 'none', applicationType: 'native' };
      const env = {
        ...(await register(half, 'http://localhost', native)),
        ISSUER: issuerOf(half),
        ...metadata,
      };
      const shown = await runServer('msal-public', port, env, async (window, lines) => {
        const failed = window.getByText('Failed').textContent();
        return String(await Promise.race([failed, lines.next().then(({ value }) => value)]));
      });
      assert.match(shown, signedIn);
    });

    for (const [library, extra] of [
      ['msal-confidential', msalPkce],
      ['passport', '{"nonce":true}'],
      ['simple-oauth2', pkce],
    ] as const)
      test(`${library} signs in at ${at} with one setting`, async () => {
        const port = await freePort();
        const address = `http://localhost:${port}/callback`;
        const env = { ...(await register(half, address)), ISSUER: issuerOf(half), ...metadata };
        assert.match(await runServer(library, port, env, shownBy), refusal);
        assert.match(await runServer(library, port, { ...env, EXTRA: extra }, shownBy), signedIn);
      });
  }
});
