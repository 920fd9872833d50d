import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, test } from 'node:test';
import * as oauth from 'oauth4webapi';
import * as openid from 'openid-client';
import { scopes } from '../testing/applications.ts';
import { api, type Platform, startPlatform } from '../testing/platform.ts';

const issuer = `${api}/oauth2.1`;

describe('unmodified client libraries at /oauth2.1', () => {
  let platform: Platform;
  before(async () => {
    platform = await startPlatform();
  });
  after(() => platform.close());

  /** Follows redirects with cookies, as a browser, until the address is of the client. */
  const browse = async (start: URL): Promise<URL> => {
    let at = start;
    const jar: string[] = [];
    for (let hop = 0; hop < 5; hop++) {
      if (at.origin !== api && at.origin !== platform.provider.issuer) return at;
      const answer = await platform.call(at, { headers: { cookie: jar.join('; ') } });
      jar.push(...answer.headers.getSetCookie().map((line) => line.split(';')[0] ?? ''));
      assert.ok(answer.location, answer.text);
      at = answer.location;
    }
    throw new Error('The browser goes round in circles.');
  };

  test('sign in with oauth4webapi as a native application with a loopback address', async () => {
    const options = { [oauth.customFetch]: platform.customFetch as typeof fetch };
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const redirectUri = `http://127.0.0.1:${(server.address() as AddressInfo).port}/callback`;
    server.close();

    const url = new URL(issuer);
    const as = await oauth.processDiscoveryResponse(
      url,
      await oauth.discoveryRequest(url, { ...options, algorithm: 'oauth2' }),
    );
    const client: oauth.Client = { client_id: 'key-of-native' };
    const verifier = oauth.generateRandomCodeVerifier();
    const state = oauth.generateRandomState();
    const start = new URL(as.authorization_endpoint ?? '');
    start.search = new URLSearchParams({
      client_id: client.client_id,
      redirect_uri: redirectUri,
      response_type: 'code',
      scope: scopes.aal3,
      state,
      code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
    }).toString();

    const parameters = oauth.validateAuthResponse(as, client, await browse(start), state);
    const answer = await oauth.authorizationCodeGrantRequest(
      as,
      client,
      oauth.None(),
      parameters,
      redirectUri,
      verifier,
      options,
    );
    const tokens = await oauth.processAuthorizationCodeResponse(as, client, answer);
    assert.equal(tokens.expires_in, 599);
    assert.equal(tokens.scope, scopes.aal3);

    const refreshed = await oauth.processRefreshTokenResponse(
      as,
      client,
      await oauth.refreshTokenGrantRequest(as, client, oauth.None(), tokens.refresh_token ?? '', options),
    );
    assert.notEqual(refreshed.refresh_token, tokens.refresh_token);
    await oauth.processRevocationResponse(
      await oauth.revocationRequest(as, client, oauth.None(), refreshed.refresh_token ?? '', options),
    );
    const again = await oauth.refreshTokenGrantRequest(
      as,
      client,
      oauth.None(),
      refreshed.refresh_token ?? '',
      options,
    );
    await assert.rejects(oauth.processRefreshTokenResponse(as, client, again), { error: 'invalid_grant' });
  });

  test('sign in with openid-client as a web application with a secret', async () => {
    const config = await openid.discovery(
      new URL(issuer),
      'key-of-web',
      undefined,
      openid.ClientSecretPost('secret-of-web-0123456789abcdefghij'),
      {
        algorithm: 'oauth2',
        [openid.customFetch]: platform.customFetch as openid.CustomFetch,
      },
    );
    const verifier = openid.randomPKCECodeVerifier();
    const state = openid.randomState();
    const start = openid.buildAuthorizationUrl(config, {
      redirect_uri: 'https://web.test/callback',
      scope: scopes.aal3,
      state,
      code_challenge: await openid.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
    });
    const tokens = await openid.authorizationCodeGrant(config, await browse(start), {
      pkceCodeVerifier: verifier,
      expectedState: state,
    });
    assert.equal(tokens.token_type, 'bearer');
    const refreshed = await openid.refreshTokenGrant(config, tokens.refresh_token ?? '');
    assert.ok(refreshed.access_token);
    await openid.tokenRevocation(config, refreshed.refresh_token ?? '');
    await assert.rejects(openid.refreshTokenGrant(config, refreshed.refresh_token ?? ''), {
      error: 'invalid_grant',
    });
  });
});
