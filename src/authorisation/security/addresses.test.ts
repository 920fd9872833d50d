import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import { sha256 } from '@alongside/kernel/secrets';
import { scopes, secretOf } from '../testing/applications.ts';
import { assertionOf, withAssertion } from '../testing/assertions.ts';
import { authorizeRequest, codeRequest, throughBrowser, tokensOf } from '../testing/journeys.ts';
import { api, type Platform } from '../testing/platform.ts';
import { careWorker } from '../testing/provider.ts';
import { type StandardClient, standardIssuer, startStandardClient } from '../testing/standard.ts';

let client: StandardClient;
let platform: Platform;
before(async () => {
  client = await startStandardClient();
  platform = client.platform;
});
after(() => platform.close());
afterEach(() => {
  platform.provider.reset();
  platform.citizens.reset();
});

const metadataPath = '/.well-known/oauth-authorization-server/oauth2.1';

describe('headers about the address from a proxy or a client are ignored (CVE-2026-40575, CVE-2026-76835, CVE-2026-33495, GHSA-2wmj)', () => {
  // The listener trusts the sender of these about certificates and client addresses, and about nothing else.
  const lies: Record<string, string> = {
    forwarded: 'for=127.0.0.1;host=evil.test;proto=http',
    'x-forwarded-host': 'evil.test',
    'x-forwarded-proto': 'http',
    'x-forwarded-port': '1',
    'x-forwarded-prefix': '/evil',
    'x-forwarded-uri': '/oauth2/_ping',
    'x-original-url': '/oauth2/_ping',
    'x-rewrite-url': '/oauth2/_ping',
    'x-http-method-override': 'GET',
  };
  test('contains the configured addresses in metadata, whatever Host is', async () => {
    const usual = await platform.get(metadataPath);
    const { text, body } = await platform.get(metadataPath, {}, lies);
    assert.equal(text, usual.text);
    assert.equal(body.issuer, standardIssuer);
  });
  test('uses the configured redirect URI at the provider', async () => {
    const { location } = await platform.get('/oauth2/authorize', authorizeRequest(), lies);
    assert.equal(location?.searchParams.get('redirect_uri'), `${api}/oauth2/callback`);
  });
  test('uses the configured audience of assertions', async () => {
    const ask = async (audience: string) => {
      const assertion = await assertionOf({
        id: 'separate',
        audience,
        clock: platform.clock,
        signer: client.signer,
      });
      const form = { grant_type: 'client_credentials', ...withAssertion(assertion) };
      return (await platform.post('/oauth2/token', form, lies)).status;
    };
    assert.deepEqual(
      [await ask(`${api}/oauth2/token`), await ask('http://evil.test/oauth2/token')],
      [200, 401],
    );
  });
  test('unknown paths and methods are refused under a foreign Host', async () => {
    assert.equal((await platform.get('/oauth2/nothing', {}, lies)).status, 404);
    assert.equal((await platform.post('/oauth2/authorize', {}, lies)).status, 405);
  });
});

describe('metadata (RFC 8414)', () => {
  test('section 3.3: the issuer is, octet for octet, the one that its address is made of', async () => {
    const { body } = await platform.get(metadataPath);
    const { pathname, origin } = new URL(body.issuer);
    assert.equal(body.issuer, origin + pathname);
    assert.equal(metadataPath, `/.well-known/oauth-authorization-server${pathname}`);
  });
  for (const path of [
    `${metadataPath}/`,
    `${metadataPath}//`,
    `${metadataPath}%2f`,
    `${metadataPath}/x`,
    '/.well-known/oauth-authorization-server',
    '/.well-known/oauth-authorization-server/OAUTH2.1',
    '/.well-known/oauth-authorization-server/oauth2',
    '/oauth2/.well-known/oauth-authorization-server',
    '/.well-known/openid-configuration/oauth2',
    '/.well-known/openid-configuration',
    '//evil.test/.well-known/oauth-authorization-server/oauth2.1',
  ])
    test(`is at no other path: ${path}`, async () =>
      assert.equal((await platform.call(api + path)).status, 404));
});

describe('unguessable values', () => {
  test('RFC 9126 sections 2.2 and 7.1: a request_uri has 128 bits and more, and holds for 90 s at most', async () => {
    const seen = new Set<string>();
    for (let round = 0; round < 20; round++) {
      const { body } = await platform.post('/oauth2.1/par', {
        ...client.requestOf('web'),
        client_secret: secretOf('web'),
      });
      const random = String(body.request_uri).split(':').at(-1) ?? '';
      assert.match(random, /^[\w-]{22,}$/);
      assert.ok(Number(body.expires_in) <= 90);
      seen.add(random);
    }
    assert.equal(seen.size, 20);
  });
  test('CVE-2026-109373, CVE-2026-119128: the secret of a browser is not derived from the state', async () => {
    const secrets = new Set<string>();
    for (let round = 0; round < 20; round++) {
      const { headers, location } = await platform.get('/oauth2.1/authorize', client.requestOf('web'));
      const state = location?.searchParams.get('state') ?? '';
      const value = /=([^;]+)/.exec(headers.get('set-cookie') ?? '')?.[1] ?? '';
      assert.match(value, /^[\w-]{22,}$/);
      assert.ok(
        ![state, sha256(state)].some((derived) => derived.includes(value) || value.includes(derived)),
      );
      secrets.add(value);
    }
    assert.equal(secrets.size, 20);
  });
  test('have at least 128 bits in codes and tokens, all different', async () => {
    const seen = new Set<string>();
    for (let round = 0; round < 5; round++) {
      const back = await throughBrowser(platform, '/oauth2/authorize', authorizeRequest());
      const code = back.location?.searchParams.get('code') ?? '';
      const { body } = await platform.post('/oauth2/token', codeRequest(code));
      for (const [value, least] of [
        [code, 22],
        [body.access_token, 28],
        [body.refresh_token, 28],
      ] as const) {
        assert.match(value, new RegExp(`^[\\w-]{${least},}$`));
        seen.add(value);
      }
    }
    assert.equal(seen.size, 15);
  });
});

describe('two providers', () => {
  test('CVE-2026-105215: the same sub at another provider is another user', async () => {
    platform.citizens.state.person = {
      ...careWorker,
      claims: { identity_proofing_level: 'P9', nhs_number: '9912003071' },
    };
    const { access_token: citizen = '' } = await tokensOf(platform, '/oauth2', 'combined', {
      code: await (async () => {
        const request = authorizeRequest('combined', { scope: 'nhs-login' });
        const back = await throughBrowser(platform, '/oauth2/authorize', request);
        return back.location?.searchParams.get('code') ?? '';
      })(),
    });
    const record = await platform.tokens.find(citizen);
    assert.equal(record?.attributes.auth_provider, 'nhs-login');
    assert.equal(record?.scope, scopes.p9);
    // Nor may the one provider end sessions of the other, though it names the same sid.
    const { access_token: worker = '' } = await tokensOf(platform);
    const logout = { logout_token: await platform.citizens.logoutToken({ sid: careWorker.sid }) };
    assert.equal((await platform.post('/oauth2/backchannel_logout', logout)).status, 200);
    const live = async (token: string) => {
      const found = await platform.tokens.find(token);
      return found !== undefined && platform.tokens.isLive(found);
    };
    assert.deepEqual([await live(citizen), await live(worker)], [false, true]);
  });
});

test('RFC 8252 sections 7.3 and 8.3: the free port is for loopback literals alone, and changes nothing else', async () => {
  const status = async (redirectUri: string) =>
    (await platform.get('/oauth2.1/authorize', client.requestOf('native', { redirect_uri: redirectUri })))
      .status;
  for (const taken of [
    'http://127.0.0.1:1/callback',
    'http://127.0.0.1:65535/callback',
    'http://127.0.0.1/callback',
  ])
    assert.equal(await status(taken), 302, taken);
  for (const refused of [
    'http://localhost:43210/callback',
    'http://127.0.0.2:43210/callback',
    'http://127.1:43210/callback',
    'http://0x7f000001:43210/callback',
    'https://127.0.0.1:43210/callback',
    'http://127.0.0.1:43210/callback/',
    'http://127.0.0.1:43210/callback?x=1',
    'http://user@127.0.0.1:43210/callback',
    'http://127.0.0.1:43210@evil.test/callback',
    'http://127.0.0.1:43210.evil.test/callback',
    'http://127.0.0.1:99999/callback',
  ])
    assert.equal(await status(refused), 400, refused);
});

test('opaque origins: responses to other sites do not set cookies', async () => {
  for (const origin of ['null', 'https://evil.test', 'https://evil.test\u00e9'])
    for (const base of ['/oauth2', '/oauth2.1']) {
      const asked = { origin: encodeURI(origin), 'access-control-request-method': 'POST' };
      const answer = await platform.call(`${base}/token`, { method: 'OPTIONS', headers: asked });
      assert.equal(answer.headers.get('access-control-allow-credentials'), null);
    }
});
