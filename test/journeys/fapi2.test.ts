import assert from 'node:assert/strict';
import { generateKeyPairSync, webcrypto } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { createApi, createFapi2, keepFresh, publicKeySet, type TokenSet } from '@alongside/client';
import { createWebSignIn } from '@alongside/client/web';
import { decodeJwt } from 'jose';
import * as oauth from 'oauth4webapi';
import { startInstance, type TestInstance } from '../testing/instance.ts';
import { Navigator } from '../testing/navigate.ts';

// A client of the strict profile from registration to the API, with a third-party library: pushed, bound by DPoP, with nonces.
const callback = 'https://strict.example/callback';
const options = { [oauth.allowInsecureRequests]: true };

describe('the fapi2 profile, end to end', () => {
  let instance: TestInstance;
  let as: oauth.AuthorizationServer;
  let client: oauth.Client;
  let key: oauth.PrivateKey;
  before(async () => {
    instance = await startInstance({
      basePathOptions: { '/oauth2.1': { proofNonces: true } },
      dpopNonceAtGateway: true,
    });
    await instance.signInAtDesk('gp');
    const pair = await oauth.generateKeyPair('PS256', { extractable: true });
    key = { key: pair.privateKey, kid: 'own' };
    const jwk = { ...(await webcrypto.subtle.exportKey('jwk', pair.publicKey)), kid: 'own' };
    const { platform } = await instance.api<{ platform: { clientId: string } }>('POST', '/applications', {
      name: 'strict',
      profile: 'fapi2',
      platform: { callbackUrls: [callback], products: ['hello-world'], jwks: { keys: [jwk] } },
    });
    client = { client_id: platform.clientId };
    const issuer = new URL(`${instance.urls.api}/oauth2.1`);
    as = await oauth.processDiscoveryResponse(
      issuer,
      await oauth.discoveryRequest(issuer, { ...options, algorithm: 'oauth2' }),
    );
  });
  after(() => instance?.stop());

  /** Repeats with the nonce of the first response. */
  async function withNonce<T>(ask: () => Promise<T>): Promise<T> {
    try {
      return await ask();
    } catch (error) {
      if (!oauth.isDPoPNonceError(error)) throw error;
      return ask();
    }
  }

  test('a user signs in, the application calls the API, and its token works only with its key', async () => {
    const DPoP = oauth.DPoP(client, await oauth.generateKeyPair('ES256'));
    const proof = oauth.PrivateKeyJwt(key);
    const verifier = oauth.generateRandomCodeVerifier();
    const state = oauth.generateRandomState();
    const pushed = await withNonce(async () =>
      oauth.processPushedAuthorizationResponse(
        as,
        client,
        await oauth.pushedAuthorizationRequest(
          as,
          client,
          proof,
          {
            redirect_uri: callback,
            response_type: 'code',
            state,
            code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
            code_challenge_method: 'S256',
          },
          { ...options, DPoP },
        ),
      ),
    );
    const start = `${as.authorization_endpoint}?${new URLSearchParams({ client_id: client.client_id, request_uri: pushed.request_uri })}`;
    const { address } = await new Navigator().go(start, callback);
    const parameters = oauth.validateAuthResponse(as, client, new URL(address), state);
    const tokens = await withNonce(async () =>
      oauth.processAuthorizationCodeResponse(
        as,
        client,
        await oauth.authorizationCodeGrantRequest(as, client, proof, parameters, callback, verifier, {
          ...options,
          DPoP,
        }),
      ),
    );
    assert.equal(tokens.token_type, 'dpop');
    const api = new URL(`${instance.urls.api}/hello-world/hello/user`);
    const answer = await withNonce(() =>
      oauth.protectedResourceRequest(tokens.access_token, 'GET', api, undefined, undefined, {
        ...options,
        DPoP,
      }),
    );
    assert.deepEqual([answer.status, await answer.json()], [200, { message: 'Hello User!' }]);
    const stolen = await fetch(api, { headers: { authorization: `Bearer ${tokens.access_token}` } });
    assert.equal(stolen.status, 401);
  });

  test('the client library does the same, and refreshes', async () => {
    const pair = (type: 'PS256' | 'ES256') =>
      type === 'ES256'
        ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
        : generateKeyPairSync('rsa', { modulusLength: 2048 });
    const own = { kid: 'library', privateKey: pair('PS256').privateKey };
    const dpop = { kid: 'dpop', privateKey: pair('ES256').privateKey, alg: 'ES256' } as const;
    const { platform } = await instance.api<{ platform: { clientId: string } }>('POST', '/applications', {
      name: 'strict, with the library',
      profile: 'fapi2',
      platform: {
        callbackUrls: [callback],
        products: ['hello-world'],
        jwks: publicKeySet([{ ...own, alg: 'PS256' }]),
      },
    });
    const fapi2 = createFapi2({
      issuer: as.issuer,
      clientId: platform.clientId,
      redirectUri: callback,
      authentication: { method: 'private_key_jwt', key: own, alg: 'PS256' },
      dpop,
    });
    const { url, state } = await fapi2.begin();
    assert.deepEqual([...new URL(url).searchParams.keys()], ['client_id', 'request_uri']);
    const { address } = await new Navigator().go(url, callback);
    const tokens = await fapi2.finish(address, state);
    const token = keepFresh(tokens, fapi2.refresh);
    const baseUrl = `${instance.urls.api}/hello-world`;
    const answer = await createApi({ baseUrl, token, dpop }).fetch('/hello/user?a=b');
    assert.deepEqual([answer.status, await answer.json()], [200, { message: 'Hello User!' }]);
    const renewed = await fapi2.refresh(tokens);
    assert.notEqual(renewed.accessToken, tokens.accessToken);
    const call = await createApi({ baseUrl, token: async () => renewed.accessToken, dpop }).fetch(
      '/hello/user',
    );
    assert.equal(call.status, 200);
    const stolen = await createApi({ baseUrl, token: async () => renewed.accessToken }).fetch('/hello/user');
    assert.equal(stolen.status, 401);
    await assert.rejects(fapi2.finish(address, state), { code: 'oauth', error: 'invalid_grant' });
    const elsewhere = new URL(address);
    elsewhere.searchParams.set('iss', 'https://other.example');
    await assert.rejects(fapi2.finish(elsewhere, state), { code: 'issuer_mismatch' });
  });

  test('the handlers of a web application sign in with it, and end the session with its tokens', async () => {
    const key = (type: 'rsa' | 'ec') =>
      type === 'ec'
        ? generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
        : generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
    const own = { kid: 'web', privateKey: key('rsa') };
    const dpop = { kid: 'dpop', privateKey: key('ec'), alg: 'ES256' } as const;
    const { platform } = await instance.api<{ platform: { clientId: string } }>('POST', '/applications', {
      name: 'strict, on the web',
      profile: 'fapi2',
      platform: {
        callbackUrls: [callback],
        products: ['hello-world'],
        jwks: publicKeySet([{ ...own, alg: 'PS256' }]),
        accessToken: { format: 'jwt', signingAlg: 'PS256' },
      },
    });
    const pattern = createFapi2({
      issuer: as.issuer,
      clientId: platform.clientId,
      redirectUri: callback,
      authentication: { method: 'private_key_jwt', key: own, alg: 'PS256' },
      dpop,
    });
    const { origin } = new URL(callback);
    assert.throws(() => createWebSignIn({ origin, pattern }), { code: 'settings_invalid' });
    const user = async (tokens: TokenSet) => ({ id: decodeJwt(tokens.accessToken).sub ?? '', roles: [] });
    const web = createWebSignIn({ origin, pattern, user });
    const ask = (path: string, cookie = '') => new Request(`${origin}${path}`, { headers: { cookie } });
    const begun = await web.handle(ask('/sign-in?to=/patients'));
    const [pending = ''] = begun?.headers.getSetCookie() ?? [];
    const { address } = await new Navigator().go(begun?.headers.get('location') ?? '', callback);
    const query = new URL(address).search;
    const stranger = await web.handle(ask(`/callback${query}`));
    assert.equal(stranger?.status, 400);
    const finished = await web.handle(ask(`/callback${query}`, pending.split(';')[0]));
    assert.deepEqual([finished?.status, finished?.headers.get('location')], [302, '/patients']);
    const [session = ''] = finished?.headers.getSetCookie() ?? [];
    const baseUrl = `${instance.urls.api}/hello-world`;
    const page = () =>
      web.guard(ask('/patients', session.split(';')[0]), async ({ tokens, user: { id } }) => {
        const answer = await createApi({ baseUrl, token: tokens, dpop }).fetch('/hello/user');
        return `${id} ${answer.status}`;
      });
    assert.equal(await page(), '656005750108 200');
    const sessions = await instance.api<{ sessions: { sid: string }[] }>('GET', '/sessions');
    for (const { sid } of sessions.sessions) await instance.api('DELETE', `/sessions/${sid}`);
    const after = await page();
    assert.ok(after instanceof Response);
    assert.equal(after.status, 403);
    assert.match(after.headers.getSetCookie().join(), /-session=; .*Max-Age=0/);
  });

  test('an authorization request that was not pushed is refused', async () => {
    const query = new URLSearchParams({
      client_id: client.client_id,
      redirect_uri: callback,
      response_type: 'code',
    });
    const { address } = await new Navigator().go(`${as.authorization_endpoint}?${query}`, callback);
    assert.equal(new URL(address).searchParams.get('error'), 'invalid_request');
  });
});
