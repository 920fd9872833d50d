import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { after, before, describe, test } from 'node:test';
import * as jose from 'jose';
import * as oauth from 'oauth4webapi';
import * as openid from 'openid-client';
import { startInstance, type TestInstance } from '../testing/instance.ts';
import { Navigator } from '../testing/navigate.ts';

// Unmodified third-party libraries as relying parties, which judge our responses.
const callback = 'http://127.0.0.1:9/callback';

interface Made {
  id: string;
  platform?: { clientId: string; clientSecret: string };
  cis2?: { clientId: string; clientSecret: string };
}

describe('third-party clients', () => {
  let instance: TestInstance;
  before(async () => {
    instance = await startInstance();
    await instance.signInAtDesk('gp');
  });
  after(async () => {
    await instance?.stop();
  });

  const make = (registration: Record<string, unknown>) =>
    instance.api<Made>('POST', '/applications', registration);

  async function openidJourney(config: openid.Configuration, extra: Record<string, string> = {}) {
    const verifier = openid.randomPKCECodeVerifier();
    const state = openid.randomState();
    const nonce = openid.randomNonce();
    const url = openid.buildAuthorizationUrl(config, {
      redirect_uri: callback,
      scope: 'openid profile nationalrbacaccess',
      code_challenge: await openid.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
      state,
      nonce,
      ...extra,
    });
    const { address } = await new Navigator().go(url.href, callback);
    const tokens = await openid.authorizationCodeGrant(config, new URL(address), {
      pkceCodeVerifier: verifier,
      expectedState: state,
      expectedNonce: nonce,
    });
    return { tokens, claims: tokens.claims(), address, verifier, state };
  }

  for (const method of ['client_secret_post', 'client_secret_basic'] as const) {
    test(`openid-client at CIS2 with ${method} gets ID token and userinfo`, async () => {
      const { cis2 } = await make({
        name: method,
        profile: 'standard',
        cis2: { redirectUris: [callback], tokenEndpointAuthMethod: method },
      });
      assert.ok(cis2);
      const authentication =
        method === 'client_secret_post'
          ? openid.ClientSecretPost(cis2.clientSecret)
          : openid.ClientSecretBasic(cis2.clientSecret);
      const config = await openid.discovery(
        new URL(instance.urls.cis2Issuer),
        cis2.clientId,
        undefined,
        authentication,
        {
          execute: [openid.allowInsecureRequests],
        },
      );
      const levels = JSON.stringify({ id_token: { authentication_assurance_level: null } });
      const { tokens, claims } = await openidJourney(config, { claims: levels });
      assert.equal(claims?.sub, '656005750108');
      assert.equal(claims?.authentication_assurance_level, '3');
      const userinfo = await openid.fetchUserInfo(config, tokens.access_token, '656005750108');
      assert.ok(Array.isArray(userinfo.nhsid_nrbac_roles));
    });
  }

  test('openid-client at CIS2 with private_key_jwt in the nhs profile uses the token endpoint as audience', async () => {
    const { publicKey, privateKey } = generateKeyPairSync('rsa', {
      modulusLength: 2048,
      publicKeyEncoding: { type: 'spki', format: 'pem' },
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    });
    const jwk = {
      ...(await jose.exportJWK(await jose.importSPKI(publicKey, 'RS512'))),
      kid: 'k1',
      use: 'sig',
      alg: 'RS512',
    };
    const { cis2 } = await make({
      name: 'private key',
      profile: 'nhs',
      cis2: {
        redirectUris: [callback],
        tokenEndpointAuthMethod: 'private_key_jwt',
        signingAlg: 'RS512',
        jwks: { keys: [jwk] },
      },
    });
    assert.ok(cis2);
    const key = await jose.importPKCS8(privateKey, 'RS512');
    const config = await openid.discovery(
      new URL(instance.urls.cis2Issuer),
      cis2.clientId,
      undefined,
      openid.PrivateKeyJwt(
        { key, kid: 'k1' },
        {
          [openid.modifyAssertion]: (_header, payload) => {
            payload.aud = `${instance.urls.cis2Issuer}/access_token`;
            payload.exp = (payload.iat as number) + 240;
          },
        },
      ),
      { execute: [openid.allowInsecureRequests] },
    );
    const { claims } = await openidJourney(config, { max_age: '300', acr_values: 'AAL3_ANY' });
    assert.equal(claims?.acr, 'AAL3_ANY');
    assert.equal(typeof claims?.auth_time, 'number');
  });

  test('oauth4webapi at CIS2 cannot redeem the same code twice', async () => {
    const { cis2 } = await make({ name: 'twice', profile: 'standard', cis2: { redirectUris: [callback] } });
    assert.ok(cis2);
    const insecure = { [oauth.allowInsecureRequests]: true };
    const issuer = new URL(instance.urls.cis2Issuer);
    const server = await oauth.processDiscoveryResponse(
      issuer,
      await oauth.discoveryRequest(issuer, { ...insecure, algorithm: 'oidc' }),
    );
    const client: oauth.Client = { client_id: cis2.clientId };
    const verifier = oauth.generateRandomCodeVerifier();
    const state = oauth.generateRandomState();
    const query = new URLSearchParams({
      client_id: cis2.clientId,
      redirect_uri: callback,
      response_type: 'code',
      scope: 'openid',
      state,
      code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
    });
    const { address } = await new Navigator().go(`${server.authorization_endpoint}?${query}`, callback);
    const parameters = oauth.validateAuthResponse(server, client, new URL(address), state);
    const redeem = () =>
      oauth.authorizationCodeGrantRequest(
        server,
        client,
        oauth.ClientSecretPost(cis2.clientSecret),
        parameters,
        callback,
        verifier,
        insecure,
      );
    const result = await oauth.processAuthorizationCodeResponse(server, client, await redeem(), {
      requireIdToken: true,
    });
    assert.equal(oauth.getValidatedIdTokenClaims(result)?.sub, '656005750108');
    await assert.rejects(
      async () => oauth.processAuthorizationCodeResponse(server, client, await redeem()),
      (error: unknown) => error instanceof oauth.ResponseBodyError && error.error === 'invalid_grant',
    );
  });

  test('openid-client at /oauth2.1 works as a public native client with refresh and revocation', async (t) => {
    // The agent sees that its listener is of the same user.
    const listener = createServer();
    t.after(() => listener.close());
    await once(listener.listen(0, '127.0.0.1'), 'listening');
    const redirect = `http://127.0.0.1:${(listener.address() as AddressInfo).port}/callback`;
    const config = await openid.discovery(
      new URL(`${instance.urls.api}/oauth2.1`),
      'demo-native',
      undefined,
      openid.None(),
      {
        algorithm: 'oauth2',
        execute: [openid.allowInsecureRequests],
      },
    );
    const verifier = openid.randomPKCECodeVerifier();
    const state = openid.randomState();
    const url = openid.buildAuthorizationUrl(config, {
      redirect_uri: redirect,
      scope: 'urn:nhsd:apim:user-nhs-cis2:aal3:personal-demographics-service',
      code_challenge: await openid.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
      state,
    });
    const { address } = await new Navigator().go(url.href, redirect);
    const tokens = await openid.authorizationCodeGrant(config, new URL(address), {
      pkceCodeVerifier: verifier,
      expectedState: state,
    });
    assert.equal(typeof tokens.expires_in, 'number');
    const patient = (token: string) =>
      fetch(`${instance.urls.api}/personal-demographics/FHIR/R4/Patient/9000000009`, {
        headers: { authorization: `Bearer ${token}`, 'x-request-id': crypto.randomUUID() },
      });
    assert.equal((await patient(tokens.access_token)).status, 200);
    assert.ok(tokens.refresh_token);
    const renewed = await openid.refreshTokenGrant(config, tokens.refresh_token);
    assert.equal((await patient(renewed.access_token)).status, 200);
    await openid.tokenRevocation(config, renewed.access_token);
    assert.equal((await patient(renewed.access_token)).status, 401);
  });
});
