import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Cis2Registration } from '../../../oauth/applications.ts';
import { Browser, form, type Reply, send } from '../../testing/browser.ts';
import { codeOf, type Instance, secret, startInstance } from '../../testing/instance.ts';
import { nurse, nurseRole } from '../../testing/people.ts';

let cis2: Instance;
let client: Cis2Registration;
let other: Cis2Registration;
let nhs: Cis2Registration;
before(async () => {
  cis2 = await startInstance();
  client = await cis2.register({ profile: 'standard', refreshTokens: true });
  other = await cis2.register({ profile: 'standard', tokenEndpointAuthMethod: 'client_secret_basic' });
  nhs = await cis2.register({ refreshTokens: true });
  await cis2.agent.signIn(nurse.uid, { roleId: nurseRole.roleId });
});
after(() => cis2.stop());

const formType = { 'content-type': 'application/x-www-form-urlencoded' };
const post = (path: string, values: Record<string, string>, of = client): Promise<Reply> => {
  const basic = `Basic ${Buffer.from(`${of.clientId}:${secret}`).toString('base64')}`;
  return of.tokenEndpointAuthMethod === 'client_secret_basic'
    ? send('POST', `${cis2.issuer}${path}`, { ...formType, authorization: basic }, form(values))
    : send(
        'POST',
        `${cis2.issuer}${path}`,
        formType,
        form({ client_id: of.clientId, client_secret: secret, ...values }),
      );
};
const signIn = async (of = client): Promise<{ access_token: string; refresh_token: string }> => {
  const scope = of === nhs ? 'openid' : 'openid offline_access';
  const back = await cis2.signIn(new Browser(), of, { scope });
  const values = { code: codeOf(back), redirect_uri: of.redirectUris[0] ?? '' };
  return JSON.parse((await post('/access_token', { grant_type: 'authorization_code', ...values }, of)).body);
};
const refresh = (refresh_token: string) =>
  post('/access_token', { grant_type: 'refresh_token', refresh_token });
const introspect = async (token: string, of = client): Promise<Record<string, unknown>> => {
  const reply = await post('/introspect', { token }, of);
  assert.equal(reply.status, 200);
  assert.equal(reply.headers['cache-control'], 'no-store');
  return JSON.parse(reply.body);
};

describe('introspection (RFC 7662)', () => {
  test('describes an access token', async () => {
    const { access_token } = await signIn();
    const { iat, exp, auth_time, sid, ...rest } = await introspect(access_token);
    assert.deepEqual(rest, {
      active: true,
      iss: cis2.issuer,
      sub: nurse.uid,
      client_id: client.clientId,
      scope: 'openid offline_access',
      token_type: 'Bearer',
      acr: 'AAL3_ANY',
      amr: ['N3_SMARTCARD'],
      selected_roleid: nurseRole.roleId,
    });
    assert.equal(Number(exp) - Number(iat), 3600);
    assert.ok(Number(auth_time) <= Number(iat));
    assert.match(String(sid), /^[0-9a-f-]{36}$/);
  });
  test('describes a refresh token until it is used', async () => {
    const { refresh_token } = await signIn();
    const { active, token_type } = await introspect(refresh_token);
    assert.deepEqual([active, token_type], [true, undefined]);
    assert.equal((await refresh(refresh_token)).status, 200);
    assert.deepEqual(await introspect(refresh_token), { active: false });
  });
  test('reports another client’s, an unknown and an expired token as inactive', async () => {
    const { access_token } = await signIn();
    assert.deepEqual(await introspect(access_token, other), { active: false });
    assert.deepEqual(await introspect('unknown'), { active: false });
    cis2.clock.advance(3600);
    assert.deepEqual(await introspect(access_token), { active: false });
    cis2.clock.advance(-3600);
    assert.equal((await introspect(access_token)).active, true);
  });
});

for (const path of ['/introspect', '/token/revoke'])
  describe(`${path}`, () => {
    const errorOf = ({ status, body }: Reply) => [status, JSON.parse(body).error];
    test('refuses a client of the published profile', async () => {
      const { access_token } = await signIn(nhs);
      assert.deepEqual(errorOf(await post(path, { token: access_token }, nhs)), [400, 'unauthorized_client']);
    });
    test('refuses JSON, a repeated parameter and GET', async () => {
      const json = { 'content-type': 'application/json' };
      const url = `${cis2.issuer}${path}`;
      assert.deepEqual(errorOf(await send('POST', url, json, '{}')), [400, 'invalid_request']);
      assert.deepEqual(errorOf(await send('POST', url, formType, 'token=a&token=b')), [
        400,
        'invalid_request',
      ]);
      assert.equal((await send('GET', `${url}?token=a`)).status, 405);
    });
  });

test('the discovery document names both endpoints', async () => {
  const { body } = await send('GET', `${cis2.issuer}/.well-known/openid-configuration`);
  const document = JSON.parse(body);
  assert.equal(document.revocation_endpoint, `${cis2.issuer}/token/revoke`);
  assert.equal(document.introspection_endpoint, `${cis2.issuer}/introspect`);
  const methods: string[] = document.token_endpoint_auth_methods_supported;
  assert.deepEqual(document.revocation_endpoint_auth_methods_supported, methods);
  assert.deepEqual(
    document.introspection_endpoint_auth_methods_supported,
    methods.filter((method) => method !== 'none'),
  );
  assert.ok(document.grant_types_supported.includes('refresh_token'));
});
