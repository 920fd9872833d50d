import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { systemClock } from '@alongside/kernel/clock';
import * as oauth from 'oauth4webapi';
import * as oidc from 'openid-client';
import type { Cis2Registration } from '../../oauth/applications.ts';
import { Browser } from '../testing/browser.ts';
import { type Instance, startInstance } from '../testing/instance.ts';
import { gp } from '../testing/people.ts';

// Unmodified client libraries by others, with FAPI 2.0.
let cis2: Instance;
let key: CryptoKeyPair;
let client: Cis2Registration;
let fapi2: Cis2Registration;

before(async () => {
  cis2 = await startInstance({ clock: systemClock });
  key = (await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, [
    'sign',
    'verify',
  ])) as CryptoKeyPair;
  const jwks = { keys: [{ ...(await crypto.subtle.exportKey('jwk', key.publicKey)), kid: 'rp-1' }] } as never;
  const half = {
    tokenEndpointAuthMethod: 'private_key_jwt',
    signingAlg: 'ES256',
    jwks,
    refreshTokens: true,
  } as const;
  client = await cis2.register({ ...half, profile: 'standard' });
  fapi2 = await cis2.register({
    ...half,
    profile: 'fapi2',
    idTokenSigningAlg: 'PS256',
    signedRequests: 'required',
  });
  await cis2.agent.signIn(gp.uid, { roleId: '555254240100' });
});
after(() => cis2.stop());

const callbackOf = async (address: URL): Promise<URL> => {
  const browser = new Browser();
  const hop = await browser.get(address.href);
  return new URL((await browser.get(await cis2.agent.answer(hop.location))).location);
};

describe('openid-client with FAPI 2.0', () => {
  const discover = (registration: Cis2Registration, more: Partial<oidc.ClientMetadata> = {}) =>
    oidc.discovery(
      new URL(cis2.issuer),
      registration.clientId,
      { id_token_signed_response_alg: registration.idTokenSigningAlg, ...more },
      oidc.PrivateKeyJwt({ key: key.privateKey, kid: 'rp-1' }),
      { execute: [oidc.allowInsecureRequests] },
    );

  /** Builds the address by a plain, signed or pushed request, and signs in. */
  async function signIn(
    registration: Cis2Registration,
    build: (config: oidc.Configuration, ask: Record<string, string>, dpop: oidc.DPoPHandle) => Promise<URL>,
  ): Promise<void> {
    const config = await discover(registration);
    const dpop = oidc.getDPoPHandle(config, await oidc.randomDPoPKeyPair());
    const pkceCodeVerifier = oidc.randomPKCECodeVerifier();
    const expectedState = oidc.randomState();
    const expectedNonce = oidc.randomNonce();
    const ask = {
      redirect_uri: registration.redirectUris[0] ?? '',
      scope: 'openid nationalrbacaccess selectedrole offline_access',
      code_challenge: await oidc.calculatePKCECodeChallenge(pkceCodeVerifier),
      code_challenge_method: 'S256',
      state: expectedState,
      nonce: expectedNonce,
    };
    const callback = await callbackOf(await build(config, ask, dpop));
    const checks = { pkceCodeVerifier, expectedState, expectedNonce };
    const tokens = await oidc.authorizationCodeGrant(config, callback, checks, undefined, { DPoP: dpop });
    assert.equal(tokens.token_type, 'dpop');
    assert.equal(tokens.claims()?.selected_roleid, '555254240100');
    const userinfo = await oidc.fetchUserInfo(config, tokens.access_token, gp.uid, { DPoP: dpop });
    assert.equal(userinfo.nhsid_useruid, gp.uid);
    const next = await oidc.refreshTokenGrant(config, tokens.refresh_token ?? '', undefined, { DPoP: dpop });
    assert.equal(next.refresh_token === tokens.refresh_token, registration.profile === 'fapi2');
    const state = await oidc.tokenIntrospection(config, next.access_token);
    assert.deepEqual(state.cnf, { jkt: await dpop.calculateThumbprint() });
  }

  test('signs in with DPoP and a plain request', () =>
    signIn(client, async (config, ask) => oidc.buildAuthorizationUrl(config, ask)));
  test('signs in with a signed request object (JAR)', () =>
    signIn(client, (config, ask) =>
      oidc.buildAuthorizationUrlWithJAR(config, ask, { key: key.privateKey, kid: 'rp-1' }),
    ));
  test('signs in with a pushed request (PAR), bound to the DPoP key', () =>
    signIn(client, (config, ask, DPoP) => oidc.buildAuthorizationUrlWithPAR(config, ask, { DPoP })));
  test('signs in with a pushed request object as a fapi2 client', () =>
    signIn(fapi2, async (config, ask, DPoP) => {
      const signed = await oidc.buildAuthorizationUrlWithJAR(config, ask, {
        key: key.privateKey,
        kid: 'rp-1',
      });
      return oidc.buildAuthorizationUrlWithPAR(config, signed.searchParams, { DPoP });
    }));
  test('gets an error of the specification for an unsigned request', async () => {
    const config = await discover(fapi2);
    await assert.rejects(
      oidc.buildAuthorizationUrlWithPAR(config, {
        redirect_uri: fapi2.redirectUris[0] ?? '',
        scope: 'openid',
      }),
      (error: unknown) => error instanceof oidc.ResponseBodyError && error.error === 'invalid_request',
    );
  });
});

describe('oauth4webapi with FAPI 2.0', () => {
  const options = { [oauth.allowInsecureRequests]: true };

  test('signs in with PAR, a request object, DPoP and a PS256 ID token', async () => {
    const issuer = new URL(cis2.issuer);
    const as = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, options));
    const rp: oauth.Client = { client_id: fapi2.clientId, id_token_signed_response_alg: 'PS256' };
    const proof = oauth.PrivateKeyJwt({ key: key.privateKey, kid: 'rp-1' });
    const DPoP = oauth.DPoP(rp, await oauth.generateKeyPair('ES256'));
    const verifier = oauth.generateRandomCodeVerifier();
    const [state, nonce] = [oauth.generateRandomState(), oauth.generateRandomNonce()];
    const ask = new URLSearchParams({
      response_type: 'code',
      client_id: fapi2.clientId,
      redirect_uri: fapi2.redirectUris[0] ?? '',
      scope: 'openid email',
      code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
      state,
      nonce,
    });
    const request = await oauth.issueRequestObject(as, rp, ask, { key: key.privateKey, kid: 'rp-1' });
    const pushing = await oauth.pushedAuthorizationRequest(
      as,
      rp,
      proof,
      new URLSearchParams({ client_id: fapi2.clientId, request }),
      { DPoP, ...options },
    );
    const pushed = await oauth.processPushedAuthorizationResponse(as, rp, pushing);
    const address = new URL(as.authorization_endpoint ?? '');
    address.search = new URLSearchParams({
      client_id: rp.client_id,
      request_uri: pushed.request_uri,
    }).toString();
    const back = oauth.validateAuthResponse(as, rp, await callbackOf(address), state);
    const answer = await oauth.authorizationCodeGrantRequest(
      as,
      rp,
      proof,
      back,
      fapi2.redirectUris[0] ?? '',
      verifier,
      { DPoP, ...options },
    );
    const tokens = await oauth.processAuthorizationCodeResponse(as, rp, answer, {
      expectedNonce: nonce,
      requireIdToken: true,
    });
    await oauth.validateApplicationLevelSignature(as, answer, options);
    const userinfo = await oauth.userInfoRequest(as, rp, tokens.access_token, { DPoP, ...options });
    assert.equal((await oauth.processUserInfoResponse(as, rp, gp.uid, userinfo)).email, gp.email);
    const stolen = await oauth.userInfoRequest(as, rp, tokens.access_token, options);
    assert.equal(stolen.status, 401);
  });
});
