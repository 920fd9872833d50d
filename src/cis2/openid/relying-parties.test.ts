import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { systemClock } from '@alongside/kernel/clock';
import * as oauth from 'oauth4webapi';
import * as oidc from 'openid-client';
import type { Cis2Registration } from '../../oauth/applications.ts';
import { Browser } from '../testing/browser.ts';
import { type Instance, secret, startInstance } from '../testing/instance.ts';
import { gp } from '../testing/people.ts';
import { type RpEndpoint, startRpEndpoint } from '../testing/rp-endpoint.ts';

// Unmodified client libraries by others.
let cis2: Instance;
let logoutEndpoint: RpEndpoint;
let signingKey: CryptoKeyPair;
let jwks: { keys: Record<string, unknown>[] };
const plain = { execute: [oidc.allowInsecureRequests] };

before(async () => {
  cis2 = await startInstance({ clock: systemClock });
  logoutEndpoint = await startRpEndpoint();
  signingKey = (await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, [
    'sign',
    'verify',
  ])) as CryptoKeyPair;
  const jwk = await crypto.subtle.exportKey('jwk', signingKey.publicKey);
  jwks = { keys: [{ ...jwk, kid: 'rp-1' }] };
  await cis2.agent.signIn(gp.uid, { roleId: '555254240100' });
});
after(async () => {
  await cis2.stop();
  await logoutEndpoint.stop();
});

const callbackOf = async (address: URL, browser = new Browser()): Promise<URL> => {
  const hop = await browser.get(address.href);
  return new URL((await browser.get(await cis2.agent.answer(hop.location))).location);
};

describe('openid-client', () => {
  const ways: [string, Partial<Cis2Registration>, () => oidc.ClientAuth][] = [
    ['client_secret_post', {}, () => oidc.ClientSecretPost(secret)],
    [
      'client_secret_basic',
      { tokenEndpointAuthMethod: 'client_secret_basic' },
      () => oidc.ClientSecretBasic(secret),
    ],
    [
      'private_key_jwt, standard profile',
      { profile: 'standard', tokenEndpointAuthMethod: 'private_key_jwt', signingAlg: 'ES256' },
      () => oidc.PrivateKeyJwt({ key: signingKey.privateKey, kid: 'rp-1' }),
    ],
    [
      'private_key_jwt, published profile',
      { tokenEndpointAuthMethod: 'private_key_jwt', signingAlg: 'ES256' },
      () =>
        oidc.PrivateKeyJwt(
          { key: signingKey.privateKey, kid: 'rp-1' },
          {
            [oidc.modifyAssertion]: (_header, payload) => {
              payload.aud = `${cis2.issuer}/access_token`;
            },
          },
        ),
    ],
  ];
  for (const [name, registration, authentication] of ways)
    test(`signs in with discovery, PKCE, nonce, state and iss: ${name}`, async () => {
      const client = await cis2.register({
        ...registration,
        jwks: registration.signingAlg ? (jwks as never) : null,
      });
      const config = await oidc.discovery(new URL(cis2.issuer), client.clientId, {}, authentication(), plain);
      const pkceCodeVerifier = oidc.randomPKCECodeVerifier();
      const expectedState = oidc.randomState();
      const expectedNonce = oidc.randomNonce();
      const address = oidc.buildAuthorizationUrl(config, {
        redirect_uri: client.redirectUris[0] ?? '',
        scope: 'openid profile nationalrbacaccess selectedrole',
        code_challenge: await oidc.calculatePKCECodeChallenge(pkceCodeVerifier),
        code_challenge_method: 'S256',
        state: expectedState,
        nonce: expectedNonce,
        max_age: '300',
      });
      const browser = new Browser();
      const callback = await callbackOf(address, browser);
      const tokens = await oidc.authorizationCodeGrant(config, callback, {
        pkceCodeVerifier,
        expectedState,
        expectedNonce,
        maxAge: 300,
      });
      const claims = tokens.claims();
      assert.equal(claims?.sub, gp.uid);
      assert.equal(claims?.selected_roleid, '555254240100');
      const userinfo = await oidc.fetchUserInfo(config, tokens.access_token, gp.uid);
      assert.equal(userinfo.nhsid_useruid, gp.uid);
      const goodbye = oidc.buildEndSessionUrl(config, {
        id_token_hint: tokens.id_token ?? '',
        post_logout_redirect_uri: client.postLogoutRedirectUris[0] ?? '',
      });
      assert.equal((await browser.get(goodbye.href)).location, client.postLogoutRedirectUris[0]);
    });

  test('refreshes, introspects and revokes with private_key_jwt', async () => {
    const client = await cis2.register({
      profile: 'standard',
      tokenEndpointAuthMethod: 'private_key_jwt',
      signingAlg: 'ES256',
      jwks: jwks as never,
      refreshTokens: true,
    });
    const authentication = oidc.PrivateKeyJwt({ key: signingKey.privateKey, kid: 'rp-1' });
    const config = await oidc.discovery(new URL(cis2.issuer), client.clientId, {}, authentication, plain);
    const ask = { redirect_uri: client.redirectUris[0] ?? '', scope: 'openid email offline_access' };
    const callback = await callbackOf(oidc.buildAuthorizationUrl(config, ask));
    const first = await oidc.authorizationCodeGrant(config, callback);
    const second = await oidc.refreshTokenGrant(config, first.refresh_token ?? '');
    assert.equal(second.claims()?.sid, first.claims()?.sid);
    const { active, sub } = await oidc.tokenIntrospection(config, second.access_token);
    assert.deepEqual([active, sub], [true, gp.uid]);
    await oidc.tokenRevocation(config, second.refresh_token ?? '');
    assert.equal((await oidc.tokenIntrospection(config, second.access_token)).active, false);
    await assert.rejects(
      () => oidc.refreshTokenGrant(config, second.refresh_token ?? ''),
      (error: unknown) => error instanceof oidc.ResponseBodyError && error.error === 'invalid_grant',
    );
  });

  test('accepts signed userinfo and ES256 ID tokens, and reads errors', async () => {
    const client = await cis2.register({
      profile: 'standard',
      idTokenSigningAlg: 'ES256',
      userinfoSigningAlg: 'ES256',
    });
    const metadata = { id_token_signed_response_alg: 'ES256', userinfo_signed_response_alg: 'ES256' };
    const config = await oidc.discovery(
      new URL(cis2.issuer),
      client.clientId,
      metadata,
      oidc.ClientSecretPost(secret),
      plain,
    );
    const ask = { redirect_uri: client.redirectUris[0] ?? '', scope: 'openid email' };
    const tokens = await oidc.authorizationCodeGrant(
      config,
      await callbackOf(oidc.buildAuthorizationUrl(config, ask)),
    );
    assert.equal((await oidc.fetchUserInfo(config, tokens.access_token, gp.uid)).email, gp.email);
    const none = oidc.buildAuthorizationUrl(config, {
      ...ask,
      prompt: 'none',
      claims: '{"id_token":{"sub":{"value":"x"}}}',
    });
    const refused = new URL((await new Browser().get(none.href)).location);
    await assert.rejects(oidc.authorizationCodeGrant(config, refused), { error: 'login_required' });
  });
});

describe('oauth4webapi', () => {
  const options = { [oauth.allowInsecureRequests]: true };

  async function server(): Promise<oauth.AuthorizationServer> {
    const issuer = new URL(cis2.issuer);
    return oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, options));
  }

  test('signs in with private_key_jwt, and verifies ID token and userinfo', async () => {
    const as = await server();
    const registration = await cis2.register({
      profile: 'standard',
      tokenEndpointAuthMethod: 'private_key_jwt',
      signingAlg: 'ES256',
      jwks: jwks as never,
    });
    const client: oauth.Client = { client_id: registration.clientId };
    const verifier = oauth.generateRandomCodeVerifier();
    const [state, nonce] = [oauth.generateRandomState(), oauth.generateRandomNonce()];
    const address = new URL(as.authorization_endpoint ?? '');
    address.search = new URLSearchParams({
      response_type: 'code',
      client_id: registration.clientId,
      redirect_uri: registration.redirectUris[0] ?? '',
      scope: 'openid nhsperson',
      code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
      state,
      nonce,
    }).toString();
    const parameters = oauth.validateAuthResponse(as, client, await callbackOf(address), state);
    const authentication = oauth.PrivateKeyJwt({ key: signingKey.privateKey, kid: 'rp-1' });
    const response = await oauth.authorizationCodeGrantRequest(
      as,
      client,
      authentication,
      parameters,
      registration.redirectUris[0] ?? '',
      verifier,
      options,
    );
    const result = await oauth.processAuthorizationCodeResponse(as, client, response, {
      expectedNonce: nonce,
      requireIdToken: true,
    });
    await oauth.validateApplicationLevelSignature(as, response, options);
    const answer = await oauth.userInfoRequest(as, client, result.access_token, options);
    const userinfo = await oauth.processUserInfoResponse(as, client, gp.uid, answer);
    assert.equal(userinfo.display_name, gp.displayName);
    assert.equal(result.expires_in, 3599);
  });

  test('reads the errors of the specification', async () => {
    const as = await server();
    const registration = await cis2.register();
    const client: oauth.Client = { client_id: registration.clientId };
    const wrong = oauth.ClientSecretPost('wrong');
    const callback = new URLSearchParams({ code: 'x', state: 's', iss: cis2.issuer });
    const parameters = oauth.validateAuthResponse(as, client, callback, 's');
    const response = await oauth.authorizationCodeGrantRequest(
      as,
      client,
      wrong,
      parameters,
      registration.redirectUris[0] ?? '',
      oauth.nopkce,
      options,
    );
    await assert.rejects(oauth.processAuthorizationCodeResponse(as, client, response), {
      error: 'invalid_client',
      status: 401,
    });
    const userinfo = await oauth.userInfoRequest(as, client, 'x', options);
    await assert.rejects(
      oauth.processUserInfoResponse(as, client, gp.uid, userinfo),
      oauth.WWWAuthenticateChallengeError,
    );
  });
});
