import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { createSeparate, publicKeySet } from '@alongside/client';
import { decodeJwt } from 'jose';
import { answerPage } from '../../src/cli/check/trial.ts';
import { Browser } from '../../src/kit/browser.ts';
import { startInstance, type TestInstance } from '../testing/instance.ts';

const redirectUri = 'https://app.example/callback';
const either = 'AAL2_OR_AAL3_ANY';
const signIn = ['acr', 'amr', 'at_hash', 'aud', 'auth_time', 'exp', 'iat', 'iss', 'nonce', 'sid', 'sub'];

type Answer = { platform: { clientId: string }; cis2: { clientId: string; clientSecret: string } };

describe('ID tokens of CIS2 with the claims that a request names', () => {
  let instance: TestInstance;
  const key = { kid: 'own', privateKey: generateKeyPairSync('rsa', { modulusLength: 2_048 }).privateKey };
  before(async () => {
    instance = await startInstance({ trustedProxies: '127.0.0.1' });
    await instance.signInAtDesk('gp');
    // A sign-in of level 2 has no scope of it.
    await instance.api('POST', '/products', {
      name: 'level-3',
      apis: ['hello-world', 'oauth2', 'oauth2.1'],
      scopes: ['urn:nhsd:apim:user-nhs-id:aal3:hello-world'],
      limits: null,
    });
  });
  after(() => instance.stop());

  /** Registers an application for both servers. */
  async function register(base: '/oauth2' | '/oauth2.1', cis2: Record<string, unknown> = {}) {
    const profile = base === '/oauth2' ? 'nhs' : 'standard';
    const answer = await instance.api<Answer>('POST', '/applications', {
      name: `Claims at ${base}`,
      cis2: { profile: 'standard', redirectUris: [redirectUri], firstAuthenticator: 'smartcard', ...cis2 },
      platform: {
        profile,
        callbackUrls: [redirectUri],
        products: ['level-3'],
        tokenEndpointAuthMethod: 'private_key_jwt',
        jwks: publicKeySet([{ ...key, alg: 'RS512' }]),
      },
    });
    return (levels: { minimumAuthenticationLevel?: number; minimumIdentityLevel?: number } = {}) =>
      createSeparate({
        cis2: {
          issuer: instance.urls.cis2Issuer,
          clientId: answer.cis2.clientId,
          authentication: { method: 'client_secret_post', clientSecret: answer.cis2.clientSecret },
          redirectUri,
          ...levels,
        },
        platform: {
          tokenUrl: `${instance.urls.api}${base}/token`,
          clientId: answer.platform.clientId,
          key,
        },
      });
  }

  type Application = Awaited<ReturnType<typeof register>>;
  async function through(application: ReturnType<Application>, role?: 'selected') {
    const { url, state } = await application.begin({ acrValues: either, role });
    const browser = new Browser([redirectUri]);
    let landing = await browser.go(url);
    for (let page = 0; page < 6 && landing.kind === 'page'; page++)
      landing = await answerPage(landing, browser, { pin: '123456', refuses: false });
    assert.ok(landing.kind === 'callback');
    const done = await application.finish(landing.parameters, state);
    return { ...done, idToken: done.tokens.idToken ?? '', url: new URL(url) };
  }
  const noLevels = { minimumAuthenticationLevel: 0, minimumIdentityLevel: 0 };

  for (const base of ['/oauth2', '/oauth2.1'] as const)
    test(`a token without levels is exchanged at ${base} at the level of its sign-in`, async () => {
      const application = (await register(base))(noLevels);
      const { idToken, url } = await through(application);
      assert.equal(url.searchParams.get('claims'), null);
      assert.deepEqual(Object.keys(decodeJwt(idToken)).sort(), signIn);
      const tokens = await application.exchange(idToken);
      const answer = await fetch(`${instance.urls.api}/hello-world/hello/user`, {
        headers: { authorization: `Bearer ${tokens.accessToken}`, 'nhsd-session-urid': '555254240100' },
      });
      assert.equal(answer.status, 200, await answer.text());
    });

  test('the client library requests the levels that the application needs', async () => {
    const { authenticationLevel, identityLevel, idToken } = await through((await register('/oauth2.1'))());
    assert.deepEqual([authenticationLevel, identityLevel], [3, 3]);
    const more = Object.keys(decodeJwt(idToken)).filter((name) => !signIn.includes(name));
    assert.deepEqual(more.sort(), ['authentication_assurance_level', 'id_assurance_level']);
  });

  test('the scope for a role requests selected_roleid', async () => {
    const { selectedRoleId } = await through((await register('/oauth2.1'))(noLevels), 'selected');
    assert.match(selectedRoleId ?? '', /^\d{12}$/);
  });

  test('the registration can ask for the published set', async () => {
    const { claims } = await through((await register('/oauth2.1', { idTokenClaims: 'published' }))(noLevels));
    const { azp, id_assurance_level, idassurancelevel, authentication_assurance_level } = claims;
    assert.deepEqual([id_assurance_level, idassurancelevel, authentication_assurance_level], ['3', '3', '3']);
    assert.equal(azp, claims.aud);
  });
});
