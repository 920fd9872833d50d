import assert from 'node:assert/strict';
import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { signJwt } from '@alongside/kernel/jws';
import { HttpSession, scrape } from '../../src/mock/testing/scraper.ts';
import { startInstance, type TestInstance } from '../testing/instance.ts';

// Existing test code of suppliers: it scrapes the form, signs its own tokens and shortens lifetimes.
const callback = 'https://app.example.test/callback';
const scopes = ['aal1', 'aal2', 'aal3'].map((level) => `urn:nhsd:apim:user-nhs-cis2:${level}:canary-api`);
const citizenScopes = ['P0', 'P5', 'P9'].map((level) => `urn:nhsd:apim:user-nhs-login:${level}:canary-api`);

describe('the mock endpoints', () => {
  let instance: TestInstance;
  let client: { clientId: string; clientSecret: string };
  let base = '';
  const pair = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const publicJwk = { ...pair.publicKey.export({ format: 'jwk' }), kid: 'test-1', use: 'sig' };

  before(async () => {
    instance = await startInstance();
    base = `${instance.urls.api}/oauth2-mock`;
    await instance.api('POST', '/products', {
      name: 'all',
      apis: ['canary-api', 'mock-jwks', 'oauth2', 'oauth2-mock'],
      scopes: [...scopes, ...citizenScopes, 'urn:nhsd:apim:app:level3:canary-api'],
      limits: null,
    });
    const keySet = Buffer.from(JSON.stringify({ keys: [publicJwk] })).toString('base64url');
    const made = await instance.api<{ platform: typeof client }>('POST', '/applications', {
      name: 'existing test code',
      profile: 'nhs',
      platform: {
        callbackUrls: [callback],
        products: ['all'],
        jwksUrl: `${instance.urls.api}/mock-jwks/${keySet}`,
      },
    });
    client = made.platform;
  });
  after(() => instance?.stop());

  const form = async (path: string, fields: Record<string, string>, at = base) => {
    const answer = await fetch(`${at}${path}`, { method: 'POST', body: new URLSearchParams(fields) });
    return { status: answer.status, body: (await answer.json()) as Record<string, string> };
  };
  const canary = async (token: string | undefined) =>
    (await fetch(`${instance.urls.api}/canary-api`, { headers: { authorization: `Bearer ${token}` } }))
      .status;

  /** The published helper: authorize, scrape the first form, post the user id, read the code of the last Location. */
  async function signIn(username: string, scope = 'nhs-cis2', more: Record<string, string> = {}, at = base) {
    const session = new HttpSession();
    const query = new URLSearchParams({
      client_id: client.clientId,
      redirect_uri: callback,
      response_type: 'code',
      scope,
      state: '1234567890',
    });
    let answer = await session.request(`${at}/authorize?${query}`);
    while (answer.status === 302) answer = await session.request(answer.headers.get('location') ?? '');
    const page = scrape(await answer.text());
    answer = await session.post(page.action, { ...page.inputs, username });
    let last = '';
    while (answer.status === 302) {
      last = answer.headers.get('location') ?? '';
      if (last.startsWith(callback)) break;
      answer = await session.request(last);
    }
    const code = new URL(last).searchParams.get('code') ?? '';
    const fields = {
      grant_type: 'authorization_code',
      code,
      redirect_uri: callback,
      client_id: client.clientId,
      client_secret: client.clientSecret,
      ...more,
    };
    return form('/token', fields, at);
  }

  for (const [username, scope, level] of [
    ['656005750108', 'nhs-cis2', 'aal3'],
    ['656005750111', 'nhs-cis2', 'aal2'],
    ['656005750110', 'nhs-cis2', 'aal1'],
    ['9912003071', 'nhs-login', 'p9'],
    ['9912003073', 'nhs-login', 'p0'],
  ] as const) {
    test(`sign ${username} in by user id alone at level ${level}`, async () => {
      const { status, body } = await signIn(username, scope);
      assert.equal(status, 200, JSON.stringify(body));
      assert.ok('sid' in body);
      assert.equal(await canary(body.access_token), 200);
      const known = await instance.api<{ attributes: Record<string, string> }>('POST', '/tokens/inspect', {
        token: body.access_token,
      });
      assert.equal(known.attributes.auth_level, level);
    });
  }

  test('sign citizens in from /oauth2 too, as in the published internal environments', async () => {
    const { status, body } = await signIn('9912003071', 'nhs-login', {}, `${instance.urls.api}/oauth2`);
    assert.equal(status, 200, JSON.stringify(body));
    assert.deepEqual([body.refresh_token_expires_in, 'sid' in body], ['3599', false]);
    assert.equal(await canary(body.access_token), 200);
  });

  test('record a sign-in as one journey, also if its state is short', async () => {
    const realm = `${new URL(instance.urls.cis2Issuer).origin}/realms/Cis2-mock-internal-dev`;
    const query = new URLSearchParams({
      client_id: 'test-client-cis2',
      redirect_uri: callback,
      response_type: 'code',
      scope: 'openid',
      state: 'x',
    });
    const signInAtRealm = async () => {
      const session = new HttpSession();
      const shown = await session.request(`${realm}/protocol/openid-connect/auth?${query}`);
      const page = scrape(await shown.text());
      const answer = await session.post(page.action, { ...page.inputs, username: '656005750108' });
      const sent = new URL(answer.headers.get('location') ?? '');
      assert.equal(sent.searchParams.get('state'), 'x');
      return sent;
    };
    for (let count = 0; count < 2; count++) await signInAtRealm();
    const { journeys } = await instance.api<{ journeys: { messages: object[]; count: number }[] }>(
      'GET',
      '/journeys',
    );
    assert.deepEqual(
      journeys.slice(0, 2).map(({ count }) => count),
      [3, 3],
      'the page, its form and the redirect to the application',
    );
  });

  test('shorten a lifetime, and distinguish an expired token from an unknown one', async () => {
    const { body } = await signIn('656005750108', 'nhs-cis2', { _access_token_expiry_ms: '1000' });
    await instance.api('PUT', '/clock', { advance: 2 });
    const answer = await fetch(`${instance.urls.api}/canary-api`, {
      headers: { authorization: `Bearer ${body.access_token}` },
    });
    assert.equal(answer.status, 401);
    assert.match(await answer.text(), /access_token_expired/);
    await instance.api('DELETE', '/clock');
  });

  for (const realm of ['Cis2-mock-internal-dev', 'Cis2-mock-int'])
    test(`accept a subject token and a logout token that the tester signed, for ${realm}`, async () => {
      await instance.api('POST', `/realms/${realm}/keys`, { jwk: publicJwk });
      const issuer = `${new URL(instance.urls.cis2Issuer).origin}/realms/${realm}`;
      const now = Math.floor(Date.now() / 1000);
      const sid = randomUUID();
      const sign = (claims: Record<string, unknown>) =>
        signJwt(
          { alg: 'RS512', kid: 'test-1', typ: 'JWT' },
          { jti: randomUUID(), iat: now, ...claims },
          pair.privateKey,
        );
      const exchange = async () =>
        form('/token', {
          grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
          subject_token_type: 'urn:ietf:params:oauth:token-type:id_token',
          subject_token: await sign({
            iss: issuer,
            aud: 'anybody',
            sub: 'nobody-known',
            sid,
            exp: now + 60,
            authentication_assurance_level: '3',
          }),
          client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
          client_assertion: await sign({
            iss: client.clientId,
            sub: client.clientId,
            aud: `${base}/token`,
            exp: now + 300,
          }),
        });
      const { status, body } = await exchange();
      assert.equal(status, 200, JSON.stringify(body));
      assert.equal(await canary(body.access_token), 200);
      const logout = await form('/backchannel_logout', {
        logout_token: await sign({
          iss: issuer,
          aud: 'test-client-cis2',
          sub: 'nobody-known',
          sid,
          events: { 'http://schemas.openid.net/event/backchannel-logout': {} },
        }),
      });
      assert.deepEqual([logout.status, logout.body], [200, { success: true }]);
      assert.equal(await canary(body.access_token), 401);
      await instance.api('DELETE', `/realms/${realm}/keys/test-1`);
      const removed = await exchange();
      assert.equal(removed.status, 401);
      assert.match(removed.body.error_description ?? '', /kid/);
    });
});
