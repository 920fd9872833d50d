import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { systemClock } from '@alongside/kernel/clock';
import * as oidc from 'openid-client';
import { HttpSession, scrape } from './testing/scraper.ts';
import { type Surface, secret, startSurface } from './testing/surface.ts';

// openid-client is an independent implementation of the specifications.
let surface: Surface;
before(async () => {
  // The library compares times with the clock of the machine.
  surface = await startSurface({}, systemClock.now());
});
after(() => surface.stop());

const methods: [string, () => oidc.ClientAuth][] = [
  ['client_secret_post', () => oidc.ClientSecretPost(secret)],
  ['client_secret_basic', () => oidc.ClientSecretBasic(secret)],
];

describe('openid-client at a realm, as a registered application', () => {
  for (const realm of ['Cis2-mock-int', 'NHS-Login-mock-int'])
    for (const [name, authentication] of methods)
      test(`signs in and out at ${realm} with ${name}`, async () => {
        const { cis2 } = await surface.register({ tokenEndpointAuthMethod: name });
        const config = await oidc.discovery(
          new URL(surface.realm(realm)),
          cis2.clientId,
          {},
          authentication(),
          {
            execute: [oidc.allowInsecureRequests],
          },
        );
        const pkceCodeVerifier = oidc.randomPKCECodeVerifier();
        const expectedState = oidc.randomState();
        const expectedNonce = oidc.randomNonce();
        const address = oidc.buildAuthorizationUrl(config, {
          redirect_uri: cis2.redirectUris[0] ?? '',
          scope: 'openid profile',
          code_challenge: await oidc.calculatePKCECodeChallenge(pkceCodeVerifier),
          code_challenge_method: 'S256',
          state: expectedState,
          nonce: expectedNonce,
        });
        const session = new HttpSession();
        const form = scrape(await (await session.request(address.href)).text());
        const username = realm.startsWith('Cis2') ? '656005750108' : '9912003072';
        const answer = await session.post(form.action, { ...form.inputs, username });
        const callback = new URL(answer.headers.get('location') ?? '');
        const tokens = await oidc.authorizationCodeGrant(config, callback, {
          pkceCodeVerifier,
          expectedState,
          expectedNonce,
        });
        assert.equal(tokens.claims()?.sub, username);
        assert.equal(tokens.expires_in, 3_599);
        const userinfo = await oidc.fetchUserInfo(config, tokens.access_token, username);
        assert.equal(userinfo.sub, username);
        const goodbye = oidc.buildEndSessionUrl(config, {
          id_token_hint: tokens.id_token ?? '',
          post_logout_redirect_uri: cis2.postLogoutRedirectUris[0] ?? '',
        });
        const gone = await session.request(goodbye.href);
        assert.equal(gone.headers.get('location'), cis2.postLogoutRedirectUris[0]);
        await assert.rejects(oidc.fetchUserInfo(config, tokens.access_token, username));
      });
});

describe('createMockSurface', () => {
  test('does not exist outside development', async () => {
    const production = await startSurface({ development: false });
    try {
      assert.deepEqual(production.surface.cis2.routes, []);
      assert.deepEqual(production.surface.api.routes, []);
      assert.equal((await fetch(production.at('auth'))).status, 404);
      assert.equal((await fetch(`${production.api}/mock-jwks/eyJrZXlzIjpbXX0`)).status, 404);
    } finally {
      await production.stop();
    }
  });
});
