import assert from 'node:assert/strict';
import { webcrypto } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import type { JsonWebKey } from '@alongside/kernel/jws';
import * as oauth from 'oauth4webapi';
import * as openid from 'openid-client';
import { applicationOf, scopes } from '../testing/applications.ts';
import { throughBrowser } from '../testing/journeys.ts';
import { api, type Platform, startPlatform } from '../testing/platform.ts';
import { careWorker } from '../testing/provider.ts';

const issuer = `${api}/oauth2.1`;
const redirectUri = 'https://interop.test/callback';

describe('unmodified client libraries with the fapi2 profile and nonces', () => {
  let platform: Platform;
  let key: oauth.PrivateKey;
  let as: oauth.AuthorizationServer;
  const client: oauth.Client = { client_id: 'key-of-interop' };
  const options = {
    // The libraries use the clock of the machine.
    [oauth.customFetch]: ((...request: Parameters<typeof fetch>) => {
      platform.clock.advance((Date.now() - platform.clock.now()) / 1_000);
      return platform.customFetch(request[0] as string, request[1]);
    }) as typeof fetch,
  };

  before(async () => {
    platform = await startPlatform({ base: { options: { proofNonces: true } } });
    const pair = await oauth.generateKeyPair('ES256', { extractable: true });
    key = { key: pair.privateKey, kid: 'es' };
    const jwk = { ...(await webcrypto.subtle.exportKey('jwk', pair.publicKey)), kid: 'es' } as JsonWebKey;
    await platform.applications.add(
      applicationOf('interop', {
        attributes: { 'id-token-audiences': 'x' },
        profile: 'fapi2',
        tokenEndpointAuthMethod: 'private_key_jwt',
        secrets: [],
        jwks: { keys: [jwk] },
      }),
    );
    const url = new URL(issuer);
    as = await oauth.processDiscoveryResponse(
      url,
      await oauth.discoveryRequest(url, { ...options, algorithm: 'oauth2' }),
    );
  });
  after(() => platform.close());

  /** Repeats a call with the nonce of the first response, as the manual of the library describes. */
  async function withNonce<T>(ask: () => Promise<T>): Promise<T> {
    try {
      return await ask();
    } catch (error) {
      if (!oauth.isDPoPNonceError(error)) throw error;
      return ask();
    }
  }

  for (const signed of [false, true])
    test(`push${signed ? ' a signed request' : ''}, redeem and refresh with oauth4webapi and DPoP`, async () => {
      const DPoP = oauth.DPoP(client, await oauth.generateKeyPair('ES256'));
      const proof = oauth.PrivateKeyJwt(key);
      const verifier = oauth.generateRandomCodeVerifier();
      const state = oauth.generateRandomState();
      const plain = {
        redirect_uri: redirectUri,
        response_type: 'code',
        scope: scopes.aal3,
        state,
        code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
        code_challenge_method: 'S256',
      };
      const parameters = signed ? { request: await oauth.issueRequestObject(as, client, plain, key) } : plain;
      const pushed = await withNonce(async () =>
        oauth.processPushedAuthorizationResponse(
          as,
          client,
          await oauth.pushedAuthorizationRequest(as, client, proof, parameters, { ...options, DPoP }),
        ),
      );
      const { location } = await throughBrowser(platform, '/oauth2.1/authorize', {
        client_id: client.client_id,
        request_uri: pushed.request_uri,
      });
      const answer = oauth.validateAuthResponse(as, client, location ?? new URL(api), state);
      const tokens = await withNonce(async () =>
        oauth.processAuthorizationCodeResponse(
          as,
          client,
          await oauth.authorizationCodeGrantRequest(as, client, proof, answer, redirectUri, verifier, {
            ...options,
            DPoP,
          }),
        ),
      );
      assert.equal(tokens.token_type, 'dpop');
      const refreshed = await oauth.processRefreshTokenResponse(
        as,
        client,
        await oauth.refreshTokenGrantRequest(as, client, proof, tokens.refresh_token ?? '', {
          ...options,
          DPoP,
        }),
      );
      assert.deepEqual([refreshed.token_type, refreshed.refresh_token], ['dpop', undefined]);
    });

  test('exchange a token with oauth4webapi and DPoP', async () => {
    const DPoP = oauth.DPoP(client, await oauth.generateKeyPair('ES256'));
    platform.clock.advance((Date.now() - platform.clock.now()) / 1_000);
    const parameters = {
      subject_token: await platform.provider.idTokenFor(careWorker, 'x'),
      subject_token_type: 'urn:ietf:params:oauth:token-type:id_token',
    };
    const tokens = await withNonce(async () =>
      oauth.processGenericTokenEndpointResponse(
        as,
        client,
        await oauth.genericTokenEndpointRequest(
          as,
          client,
          oauth.PrivateKeyJwt(key),
          'urn:ietf:params:oauth:grant-type:token-exchange',
          parameters,
          { ...options, DPoP },
        ),
      ),
    );
    assert.equal(tokens.issued_token_type, 'urn:ietf:params:oauth:token-type:access_token');
    assert.equal(tokens.token_type, 'dpop');
  });

  test('push and redeem with openid-client and DPoP', async () => {
    const config = await openid.discovery(
      new URL(issuer),
      client.client_id,
      undefined,
      openid.PrivateKeyJwt(key),
      { algorithm: 'oauth2', [openid.customFetch]: options[oauth.customFetch] as openid.CustomFetch },
    );
    const DPoP = openid.getDPoPHandle(config, await openid.randomDPoPKeyPair('ES256'));
    const verifier = openid.randomPKCECodeVerifier();
    const state = openid.randomState();
    const start = await openid.buildAuthorizationUrlWithPAR(
      config,
      {
        redirect_uri: redirectUri,
        scope: scopes.aal3,
        state,
        code_challenge: await openid.calculatePKCECodeChallenge(verifier),
        code_challenge_method: 'S256',
      },
      { DPoP },
    );
    const { location } = await throughBrowser(
      platform,
      '/oauth2.1/authorize',
      Object.fromEntries(start.searchParams),
    );
    const tokens = await openid.authorizationCodeGrant(
      config,
      location ?? new URL(api),
      { pkceCodeVerifier: verifier, expectedState: state },
      undefined,
      { DPoP },
    );
    assert.equal(tokens.token_type, 'dpop');
  });
});
