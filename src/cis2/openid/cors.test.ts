import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Browser, form, send } from '../testing/browser.ts';
import { codeOf, type Instance, startInstance } from '../testing/instance.ts';
import { gp } from '../testing/people.ts';

const own = 'https://spa.example.test';
const called: [string, string][] = [
  ['GET', '/.well-known/openid-configuration'],
  ['GET', '/connect/jwk_uri'],
  ['POST', '/access_token'],
  ['POST', '/par'],
  ['POST', '/token/revoke'],
  ['GET', '/userinfo'],
];

describe('CORS at CIS2', () => {
  let cis2: Instance;
  let client: Awaited<ReturnType<Instance['register']>>;
  before(async () => {
    cis2 = await startInstance();
    client = await cis2.register({
      profile: 'standard',
      tokenEndpointAuthMethod: 'none',
      secrets: [],
      pkce: 'required',
      refreshTokens: true,
      redirectUris: [`${own}/callback`],
    });
    await cis2.register({ profile: 'standard' });
  });
  after(() => cis2.stop());

  for (const [method, path] of called)
    test(`lets only pages from the origin of a callback call ${method} ${path}, errors included`, async () => {
      const ask = (verb: string, origin: string) =>
        send(verb, `${cis2.issuer}${path}`, { origin, 'access-control-request-method': method });
      for (const { headers } of [await ask('OPTIONS', own), await ask(method, own)]) {
        assert.equal(headers['access-control-allow-origin'], own);
        assert.equal(headers['access-control-allow-credentials'], undefined);
        assert.equal(headers.vary, 'Origin');
        assert.match(String(headers['access-control-expose-headers']), /DPoP-Nonce, WWW-Authenticate/);
      }
      for (const origin of ['https://app.example.test', 'https://spa.example.test.evil.test', 'null'])
        for (const { headers } of [await ask('OPTIONS', origin), await ask(method, origin)]) {
          assert.equal(headers['access-control-allow-origin'], undefined);
          assert.equal(headers.vary, 'Origin');
        }
    });

  test('adds no headers at endpoints that browsers open', async () => {
    for (const path of ['/authorize', '/connect/endSession', '/introspect']) {
      const { headers } = await send('POST', `${cis2.issuer}${path}`, { origin: own });
      assert.equal(headers['access-control-allow-origin'], undefined);
    }
  });

  test('lets a public client sign in with PKCE, and ends its family after a repeated refresh', async () => {
    await cis2.agent.signIn(gp.uid);
    const verifier = 'v'.repeat(43);
    const challenge = Buffer.from(
      await crypto.subtle.digest('SHA-256', new TextEncoder().encode(verifier)),
    ).toString('base64url');
    const parameters = { code_challenge: challenge, code_challenge_method: 'S256' };
    const scope = 'openid offline_access';
    const back = await cis2.signIn(new Browser(), client, { ...parameters, scope });
    const ask = async (path: string, values: Record<string, string>) =>
      send(
        'POST',
        `${cis2.issuer}${path}`,
        { 'content-type': 'application/x-www-form-urlencoded', origin: own },
        form({ client_id: client.clientId, ...values }),
      );
    const redeem = (more: Record<string, string>) =>
      ask('/access_token', {
        grant_type: 'authorization_code',
        code: codeOf(back),
        redirect_uri: `${own}/callback`,
        ...more,
      });
    const without = await cis2.signIn(new Browser(), client, { scope });
    assert.equal(new URL(without.location).searchParams.get('error'), 'invalid_request');
    const tokens = JSON.parse((await redeem({ code_verifier: verifier })).body);
    assert.ok(tokens.id_token);
    const refresh = (token: string) =>
      ask('/access_token', { grant_type: 'refresh_token', refresh_token: token });
    const next = JSON.parse((await refresh(tokens.refresh_token)).body);
    assert.ok(next.refresh_token);
    assert.equal(JSON.parse((await refresh(tokens.refresh_token)).body).error, 'invalid_grant');
    assert.equal(JSON.parse((await refresh(next.refresh_token)).body).error, 'invalid_grant');
    assert.equal((await ask('/introspect', { token: next.access_token })).status, 401);
    assert.equal((await ask('/token/revoke', { token: next.access_token })).status, 200);
  });
});
