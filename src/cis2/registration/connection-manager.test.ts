import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type Developer, Developers } from '../../oauth/developers.ts';
import { Browser, type Reply, send } from '../testing/browser.ts';
import { codeOf, type Instance, startInstance } from '../testing/instance.ts';
import { gp } from '../testing/people.ts';

let cis2: Instance;
let session: string;
before(async () => {
  cis2 = await startInstance({ dynamicRegistration: true });
  session = bodyOf(await signIn()).access_token;
  await cis2.agent.signIn(gp.uid);
});
after(() => cis2.stop());

const bodyOf = ({ body }: Reply) => JSON.parse(body);
const signIn = (secret = 'alongside-connection-manager', at = cis2): Promise<Reply> =>
  send('POST', `${at.origin}/api/auth`, { authorization: `SecretAuth ${secret}` });
const call = (
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = { authorization: `Bearer ${session}` },
) =>
  send(
    method,
    `${cis2.origin}/api/configs/${path}`,
    { 'content-type': 'application/json', ...headers },
    body === undefined ? '' : JSON.stringify(body),
  );
const config = {
  client_name: 'UI spike',
  description: 'A spike',
  redirect_uris: ['https://app.example.test/callback'],
  backchannel_logout_uri: 'https://app.example.test/logout',
  token_endpoint_auth_method: 'client_secret_post',
};

describe('session of a team', () => {
  test('has an access token, the teams and a cookie', async () => {
    const reply = await signIn();
    assert.deepEqual([reply.status, bodyOf(reply).team_ids], [200, ['demo']]);
    const [cookie = ''] = reply.headers['set-cookie'] ?? [];
    assert.match(cookie, /HttpOnly; SameSite=Strict; Max-Age=3600; Expires=[^;]+ GMT$/);
    const name = cookie.split(';')[0] ?? '';
    assert.equal((await call('GET', 'demo', undefined, { cookie: name })).status, 200);
    const [, claims = ''] = bodyOf(reply).access_token.split('.');
    assert.deepEqual(JSON.parse(Buffer.from(claims, 'base64url').toString()).team_ids, ['demo']);
  });
  test('requires the secret of the team', async () => {
    assert.equal((await signIn('x')).status, 401);
    assert.equal((await send('POST', `${cis2.origin}/api/auth`)).status, 401);
  });
  test('ends while its developer is inactive, and so do the tokens for registrations', async () => {
    const developers = new Developers(cis2.database);
    const demo = { id: 'demo', name: 'Demo', kind: 'developer', status: 'inactive', email: '' } as const;
    await developers.add(demo as Developer);
    const register = () =>
      send(
        'POST',
        `${cis2.issuer}/connect/register`,
        { 'content-type': 'application/json', authorization: 'Bearer alongside-initial-access' },
        JSON.stringify({ redirect_uris: ['https://app.example.test/callback'] }),
      );
    for (const attempt of [
      () => signIn(),
      () => call('GET', 'demo'),
      () => call('POST', 'demo', config),
      register,
    ])
      assert.equal((await attempt()).status, 401);
    await developers.remove('demo');
    for (const attempt of [
      () => signIn(),
      () => call('GET', 'demo'),
      () => call('POST', 'demo', config),
      register,
    ])
      assert.ok((await attempt()).status < 300);
  });
  test('accepts the development secret in development only', async () => {
    const production = await startInstance({ development: false });
    try {
      assert.equal((await signIn(undefined, production)).status, 401);
    } finally {
      await production.stop();
    }
  });
  test('ends after an hour and accepts no other token of this issuer', async () => {
    cis2.clock.advance(3_601);
    assert.equal((await call('GET', 'demo')).status, 401);
    cis2.clock.advance(-3_601);
    const claims = { aud: cis2.origin, iss: cis2.origin, exp: 9e9, team_ids: ['demo'] };
    const forged = await cis2.keys.sign(claims, { algorithm: 'ES256' });
    assert.equal((await call('GET', 'demo', undefined, { authorization: `Bearer ${forged}` })).status, 401);
  });
  test('rejects the path of another team', async () => {
    assert.equal((await call('GET', 'other')).status, 403);
    assert.equal((await call('GET', 'demo', undefined, {})).status, 401);
  });
  test('is not required for the hello endpoint', async () => {
    assert.equal((await send('GET', `${cis2.origin}/api/hello_world`)).status, 200);
  });
});

describe('configurations of a team', () => {
  test('are added, listed and read, and allow a sign-in', async () => {
    const made = await call('POST', 'demo', config);
    assert.equal(made.status, 201, made.body);
    const { id, hash, config_name, client_config, client_secret } = bodyOf(made);
    assert.match(client_config.client_id, /^demo\.ui-spike\.[0-9a-f-]{36}\.apps$/);
    assert.equal(config_name, 'UI spike');
    assert.ok(client_secret.length >= 32);
    const listed = bodyOf(await call('GET', 'demo')).configs;
    assert.ok(listed.some((one: { id: string }) => one.id === id));
    const read = bodyOf(await call('GET', `demo/${id}`));
    assert.deepEqual([read.hash, read.client_config], [hash, client_config]);
    assert.ok(!('client_secret' in read));
    const stored = await cis2.applications.byCis2Client(client_config.client_id);
    assert.ok(stored?.cis2);
    assert.deepEqual([stored.cis2.profile, stored.developer], ['nhs', 'demo']);
    const back = await cis2.signIn(new Browser(), stored.cis2);
    const form = {
      grant_type: 'authorization_code',
      code: codeOf(back),
      redirect_uri: config.redirect_uris[0] ?? '',
      client_id: client_config.client_id,
      client_secret,
    };
    assert.equal((await new Browser().post(`${cis2.issuer}/access_token`, form)).status, 200);
  });

  test('are replaced only with the current hash', async () => {
    const { id, hash } = bodyOf(await call('POST', 'demo', config));
    const put = (with_: string, more: object) => call('PUT', `demo/${id}${with_}`, { ...config, ...more });
    const replies = await Promise.all(
      Array.from({ length: 5 }, (_, number) => put(`?hash=${hash}`, { description: `${number}` })),
    );
    assert.equal(replies.filter(({ status }) => status === 200).length, 1);
    assert.equal(replies.filter(({ status }) => status === 409).length, 4);
    const next = bodyOf(await call('GET', `demo/${id}`)).hash;
    assert.notEqual(next, hash);
    assert.equal((await put('', {})).status, 400);
    assert.equal((await put('?hash=x', {})).status, 409);
    const changed = await put(`?hash=${next}`, {
      token_endpoint_auth_method: 'private_key_jwt',
      jwks_uri: 'https://app.example.test/jwks.json',
      jwks_uri_signing_algorithm: 'RS512',
    });
    assert.equal(changed.status, 200, changed.body);
    assert.equal(bodyOf(changed).client_config.jwks_uri_signing_algorithm, 'RS512');
  });

  test('keep settings that a configuration cannot express', async () => {
    const registration = await cis2.register(
      {
        profile: 'standard',
        refreshTokens: true,
        idTokenSigningAlg: 'ES256',
        boundTokens: 'dpop',
        pkce: 'required',
      },
      { developer: 'demo' },
    );
    const { id } = (await cis2.applications.byCis2Client(registration.clientId)) ?? {};
    const { hash, client_config } = bodyOf(await call('GET', `demo/${id}`));
    const reply = await call('PUT', `demo/${id}?hash=${hash}`, { ...client_config, client_name: 'Renamed' });
    assert.equal(reply.status, 200, reply.body);
    const after = await cis2.applications.byCis2Client(registration.clientId);
    assert.equal(after?.name, 'Renamed');
    const { profile, refreshTokens, idTokenSigningAlg, boundTokens, pkce, secrets } = after?.cis2 ?? {};
    assert.deepEqual(
      [profile, refreshTokens, idTokenSigningAlg, boundTokens, pkce],
      ['standard', true, 'ES256', 'dpop', 'required'],
    );
    assert.deepEqual(secrets, registration.secrets);
  });

  test('have another hash after a change in the console', async () => {
    const { id, hash } = bodyOf(await call('POST', 'demo', config));
    const stored = await cis2.applications.get(id);
    assert.ok(stored);
    const { revision, ...application } = stored;
    await cis2.applications.replace(application, revision);
    assert.notEqual(bodyOf(await call('GET', `demo/${id}`)).hash, hash);
  });

  const refused: [string, object][] = [
    ['no name', { client_name: undefined }],
    ['no address', { redirect_uris: [] }],
    ['a script as address', { redirect_uris: ['javascript:alert(1)'] }],
    ['an unknown method', { token_endpoint_auth_method: 'none' }],
    ['private_key_jwt without keys', { token_endpoint_auth_method: 'private_key_jwt' }],
    ['an unknown member', { scopes: ['openid'] }],
    ['an algorithm that nobody knows', { jwks_uri_signing_algorithm: 'HS256' }],
    ['a logout address that is none', { backchannel_logout_uri: 'x' }],
  ];
  for (const [name, more] of refused)
    test(`reject ${name} with 400 and the member`, async () => {
      const reply = await call('POST', 'demo', { ...config, ...more });
      assert.equal(reply.status, 400);
      assert.match(bodyOf(reply).error_description, /^\w+/);
    });

  test('are hidden from another team', async () => {
    const foreign = await cis2.applications.list();
    await cis2.register({}, { developer: 'other' });
    const other = (await cis2.applications.list()).find(
      ({ id }) => !foreign.some((before) => before.id === id),
    );
    assert.equal((await call('GET', `demo/${other?.id}`)).status, 404);
    assert.equal((await call('PUT', `demo/${other?.id}?hash=x`, config)).status, 404);
  });
});
