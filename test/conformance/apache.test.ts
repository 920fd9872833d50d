import assert from 'node:assert/strict';
import { once } from 'node:events';
import { appendFileSync, readFileSync } from 'node:fs';
import { get, type IncomingMessage } from 'node:http';
import { after, before, describe, test } from 'node:test';
import { invoke } from '../../src/cli/testing/command.ts';
import { Browser, type Landing, type Page } from '../../src/kit/browser.ts';
import { launchBrowser } from '../testing/browser.ts';
import { freePort } from '../testing/free-port.ts';
import { startInstance, type TestInstance } from '../testing/instance.ts';
import { type Apache, findApache, startApache } from './apache.ts';

// In the group of the tests with a browser: Apache reads the clock of the machine, which the plans advance in their process.
const found = findApache();
const example = new URL('../../examples/clients/apache.conf', import.meta.url);

if (!found)
  test('mod_auth_openidc is missing on this machine, and the run reports it', () => {
    const notes = process.env.ALONGSIDE_NOT_RUN;
    const command = 'apt-get install libapache2-mod-auth-openidc && npm test -- test/conformance/apache';
    if (notes) appendFileSync(notes, `Debian's libapache2-mod-auth-openidc as relying party\t${command}\n`);
    assert.notEqual(process.env.CI, 'true', `CI runs everything: ${command}`);
  });
else {
  describeDefaults(found);
  for (const profile of ['standard', 'nhs'] as const)
    describe(`Debian's libapache2-mod-auth-openidc as relying party, ${profile} profile`, () => {
      let instance: TestInstance;
      let apache: Apache;
      let redirectUri: string;
      before(async () => {
        const port = await freePort();
        redirectUri = `http://localhost:${port}/protected/signed-in`;
        instance = await startInstance();
        await instance.signInAtDesk('gp');
        const strict = profile === 'standard';
        const { cis2 } = await instance.api<{ cis2: { clientId: string; clientSecret: string } }>(
          'POST',
          '/applications',
          {
            name: 'Apache',
            profile,
            cis2: {
              redirectUris: [redirectUri],
              postLogoutRedirectUris: [`http://localhost:${port}/goodbye.html`],
              tokenEndpointAuthMethod: strict ? 'client_secret_basic' : 'client_secret_post',
              backchannelLogoutUri: `${redirectUri}?logout=backchannel`,
              pkce: strict ? 'required' : 'optional',
              firstAuthenticator: 'smartcard',
            },
          },
        );
        const settings = {
          OIDCProviderMetadataURL: `${instance.state.urls.cis2Issuer}/.well-known/openid-configuration`,
          OIDCClientID: cis2.clientId,
          OIDCClientSecret: cis2.clientSecret,
          OIDCRedirectURI: redirectUri,
          OIDCCryptoPassphrase: 'a-passphrase-of-this-test-alone',
          OIDCScope: 'openid profile',
          OIDCRemoteUserClaim: 'sub',
          OIDCPKCEMethod: 'S256',
          OIDCProviderTokenEndpointAuth: strict ? 'client_secret_basic' : 'client_secret_post',
          OIDCSessionType: 'server-cache',
          OIDCCookieSameSite: 'On',
        };
        apache = await startApache(
          found,
          port,
          [
            ...Object.entries(settings).map(([name, value]) => `${name} ${JSON.stringify(value)}`),
            '<Location /protected>',
            'AuthType openid-connect',
            'Require valid-user',
            '</Location>',
          ].join('\n'),
        );
      });
      after(async () => {
        await apache?.stop();
        await instance?.stop();
      });

      async function signedIn(): Promise<Browser> {
        const browser = new Browser([]);
        const page = await visit(apache, browser);
        assert.equal(page.status, 200, apache.log());
        assert.equal(page.body, 'The protected page');
        assert.match(String(page.headers['x-user']), /^656005750108\b/);
        assert.match(String(page.headers['x-name']), /\w/, 'claims of userinfo');
        return browser;
      }

      test('signs a user in, with the claims of ID token and userinfo', async () => {
        await signedIn();
      });

      test('signs a user in with Chromium', async () => {
        await opensInChromium(apache);
      });

      test('signs out at CIS2 and returns', async () => {
        const browser = await signedIn();
        const goodbye = `${apache.origin}/goodbye.html`;
        const page = shown(await browser.go(`${redirectUri}?logout=${encodeURIComponent(goodbye)}`));
        assert.equal(page.url.href, goodbye, page.body);
        assert.equal(page.body, 'Goodbye');
        const next = await visit(apache, browser);
        assert.notEqual(next.body, 'The protected page', 'CIS2 asks before it signs in again');
      });

      // Rules that the settings above do not enable.
      test('fails exactly those checks of alongside check that it leaves to its administrator', async () => {
        const words = ['--state', instance.state.stateFile, '--signed-in', 'The protected page', '--json'];
        const { lines } = await invoke(['check', `${apache.origin}/protected/index.html`, ...words]);
        const { checks } = JSON.parse(lines[0] ?? '') as { checks: { name: string; outcome: string }[] };
        assert.deepEqual(
          checks.filter(({ outcome }) => outcome === 'failed').map(({ name }) => name),
          [
            'cis2-fresh-sign-in-asked',
            'cis2-low-authentication-level',
            'cis2-low-identity-level',
            'oidcc-client-test-rp-backchannel-rpinitlogout-wrong-alg',
          ],
        );
      });

      test('ends the session by back-channel logout when the card is removed', async () => {
        const browser = await signedIn();
        await instance.api('DELETE', '/readers/0/card');
        await untilSignedOut(apache, browser);
      });
    });
}

function shown(landing: Landing): Page {
  assert.ok(landing.kind === 'page');
  return landing;
}

/** Signs in silently with Chromium. */
async function opensInChromium({ origin }: Apache): Promise<void> {
  const chromium = await launchBrowser();
  try {
    const page = await chromium.newPage();
    await page.goto(`${origin}/protected/index.html`);
    assert.equal(await page.textContent('body'), 'The protected page');
  } finally {
    await chromium.close();
  }
}

const visit = async ({ origin }: Apache, browser: Browser) =>
  shown(await browser.go(`${origin}/protected/index.html`));

/** Repeats a visit until the person has to sign in again. */
async function untilSignedOut(apache: Apache, browser: Browser): Promise<void> {
  for (let attempt = 0; attempt < 1_000; attempt++) {
    const page = await visit(apache, browser);
    if (page.body !== 'The protected page') {
      assert.notEqual(page.url.origin, apache.origin, 'the person has to sign in again');
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  assert.fail(`the session lives on: ${apache.log()}`);
}

/** The module with the example of docs/oauth2-proxy.md, the settings that it cannot do without, at both servers. */
function describeDefaults(programs: NonNullable<ReturnType<typeof findApache>>): void {
  for (const half of ['platform', 'cis2'] as const)
    describe(`libapache2-mod-auth-openidc with its own defaults at ${half === 'cis2' ? 'CIS2' : '/oauth2.1'}`, () => {
      let instance: TestInstance;
      let apache: Apache;
      let redirectUri: string;
      before(async () => {
        const port = await freePort();
        redirectUri = `http://localhost:${port}/protected/signed-in`;
        instance = await startInstance();
        await instance.signInAtDesk('gp');
        const logout = {
          postLogoutRedirectUris: [`http://localhost:${port}/goodbye.html`],
          backchannelLogoutUri: `${redirectUri}?logout=backchannel`,
        };
        const made = await instance.api<Record<string, { clientId: string; clientSecret: string }>>(
          'POST',
          '/applications',
          {
            name: 'Apache by default',
            profile: 'standard',
            [half]:
              half === 'cis2'
                ? { ...logout, redirectUris: [redirectUri] }
                : { ...logout, callbackUrls: [redirectUri], products: ['hello-world'] },
          },
        );
        apache = await startApache(programs, port, readFileSync(example, 'utf8'), {
          ISSUER: half === 'cis2' ? instance.urls.cis2Issuer : `${instance.urls.api}/oauth2.1`,
          CLIENT_ID: made[half]?.clientId ?? '',
          CLIENT_SECRET: made[half]?.clientSecret ?? '',
          ORIGIN: `http://localhost:${port}`,
          PASSPHRASE: 'a-passphrase-of-this-test-alone',
        });
      });
      after(async () => {
        await apache?.stop();
        await instance?.stop();
      });

      async function signedIn(): Promise<Browser> {
        const browser = new Browser([]);
        const page = await visit(apache, browser);
        assert.equal(page.body, 'The protected page', apache.log());
        assert.match(String(page.headers['x-user']), /^656005750108\b/);
        return browser;
      }

      test('sends PKCE, a nonce and the scope openid', async () => {
        // Not fetch, whose headers tell the module that it is no navigation.
        const [{ headers }] = (await once(
          get(`${apache.origin}/protected/index.html`, { headers: { accept: 'text/html' } }),
          'response',
        )) as [IncomingMessage];
        const { searchParams } = new URL(headers.location ?? '');
        assert.deepEqual(
          ['scope', 'code_challenge_method', 'response_mode'].map((name) => searchParams.get(name)),
          ['openid', 'S256', null],
        );
        assert.ok(searchParams.get('nonce'));
      });

      test('signs a user in, with Chromium too', async () => {
        await signedIn();
        await opensInChromium(apache);
      });

      test('signs out and returns', async () => {
        const browser = await signedIn();
        const goodbye = `${apache.origin}/goodbye.html`;
        const page = shown(await browser.go(`${redirectUri}?logout=${encodeURIComponent(goodbye)}`));
        assert.deepEqual([page.url.href, page.body], [goodbye, 'Goodbye']);
        assert.notEqual((await visit(apache, browser)).body, 'The protected page');
      });

      test('ends the session by back-channel logout when the card is removed', async () => {
        const browser = await signedIn();
        await instance.api('DELETE', '/readers/0/card');
        await untilSignedOut(apache, browser);
      });
    });
}
