import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { systemClock } from '@alongside/kernel/clock';
import { newKeyPair } from '@alongside/kernel/key-pairs';
import fc from 'fast-check';
import * as oidc from 'openid-client';
import { Browser, type Reply, send } from '../testing/browser.ts';
import { consoleSecret, type Instance, startInstance } from '../testing/instance.ts';
import { gp } from '../testing/people.ts';

let cis2: Instance;
let jwks: { keys: object[] };
before(async () => {
  cis2 = await startInstance({ clock: systemClock, dynamicRegistration: true });
  jwks = { keys: [{ ...(await newKeyPair('ES256')).publicJwk, kid: 'k' }] };
  await cis2.agent.signIn(gp.uid);
});
after(() => cis2.stop());

const shortKey = generateKeyPairSync('rsa', { modulusLength: 2_047 }).publicKey.export({ format: 'jwk' });
const initial = 'alongside-initial-access';
const redirect_uris = ['https://rp.example.test/callback'];
const call = (method: string, address: string, token: string, body?: unknown): Promise<Reply> =>
  send(
    method,
    address,
    { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body === undefined ? '' : JSON.stringify(body),
  );
const register = (body: unknown, token = initial) =>
  call('POST', `${cis2.issuer}/connect/register`, token, body);
const bodyOf = ({ body }: Reply) => JSON.parse(body);

describe('registration (RFC 7591)', () => {
  test('returns the registration, a secret and the management address', async () => {
    const reply = await register({
      client_name: 'Example',
      redirect_uris,
      grant_types: ['authorization_code', 'refresh_token'],
      unknown: 1,
    });
    assert.equal(reply.status, 201, reply.body);
    assert.equal(reply.headers['cache-control'], 'no-store');
    const made = bodyOf(reply);
    assert.ok(made.client_id && made.client_secret.length >= 32 && made.registration_access_token);
    assert.equal(made.client_secret_expires_at, 0);
    assert.equal(made.registration_client_uri, `${cis2.issuer}/connect/register/${made.client_id}`);
    const { client_name, token_endpoint_auth_method, grant_types, response_types } = made;
    assert.deepEqual([client_name, token_endpoint_auth_method], ['Example', 'client_secret_basic']);
    assert.deepEqual([grant_types, response_types], [['authorization_code', 'refresh_token'], ['code']]);
    assert.ok(!('unknown' in made) && made.redirect_uris[0] === redirect_uris[0]);
    const stored = await cis2.applications.byCis2Client(made.client_id);
    assert.equal(stored?.cis2?.profile, 'standard');
    assert.ok(
      !JSON.stringify(await cis2.database.all({ text: 'SELECT * FROM single_use', values: [] })).includes(
        made.registration_access_token,
      ),
    );
  });

  test('works with openid-client', async () => {
    const config = await oidc.dynamicClientRegistration(
      new URL(cis2.issuer),
      { redirect_uris, client_name: 'Self', token_endpoint_auth_method: 'client_secret_post' },
      undefined,
      { initialAccessToken: initial, execute: [oidc.allowInsecureRequests] },
    );
    const pkceCodeVerifier = oidc.randomPKCECodeVerifier();
    const address = oidc.buildAuthorizationUrl(config, {
      redirect_uri: redirect_uris[0] ?? '',
      scope: 'openid',
      code_challenge: await oidc.calculatePKCECodeChallenge(pkceCodeVerifier),
      code_challenge_method: 'S256',
    });
    const browser = new Browser();
    const hop = await browser.get(address.href);
    const back = await browser.get(await cis2.agent.answer(hop.location));
    const tokens = await oidc.authorizationCodeGrant(config, new URL(back.location), { pkceCodeVerifier });
    assert.equal(tokens.claims()?.sub, gp.uid);
  });

  test('registers a client that need not use PKCE, and keeps that at a replacement', async () => {
    const authorize = async (client_id: string) => {
      const query = new URLSearchParams({
        client_id,
        redirect_uri: redirect_uris[0] ?? '',
        response_type: 'code',
        scope: 'openid',
        state: 'state-without-pkce',
      });
      const { location } = await new Browser().get(`${cis2.issuer}/authorize?${query}`);
      return new URL(location, cis2.origin).searchParams.get('error');
    };
    const usual = bodyOf(await register({ redirect_uris }));
    assert.deepEqual([usual.pkce, await authorize(usual.client_id)], [undefined, 'invalid_request']);
    const free = bodyOf(await register({ redirect_uris, pkce: 'optional' }));
    assert.deepEqual([free.pkce, await authorize(free.client_id)], ['optional', null]);
    const { client_id } = free;
    const replaced = await send(
      'PUT',
      free.registration_client_uri,
      {
        authorization: `Bearer ${free.registration_access_token}`,
        'content-type': 'application/json',
      },
      JSON.stringify({ client_id, redirect_uris }),
    );
    assert.equal(bodyOf(replaced).pkce, 'optional');
  });

  test('registers a fapi2 client with the token of that profile', async () => {
    const made = bodyOf(
      await register(
        {
          redirect_uris,
          jwks,
          token_endpoint_auth_method: 'private_key_jwt',
          dpop_bound_access_tokens: true,
        },
        'alongside-initial-access-fapi2',
      ),
    );
    const { id_token_signed_response_alg, require_pushed_authorization_requests, dpop_bound_access_tokens } =
      made;
    assert.deepEqual(
      [id_token_signed_response_alg, require_pushed_authorization_requests, dpop_bound_access_tokens],
      ['PS256', true, true],
    );
    assert.ok(!('client_secret' in made));
  });

  const refused: [string, () => object, string][] = [
    ['no redirect_uris', () => ({}), 'invalid_redirect_uri'],
    ['an empty list of them', () => ({ redirect_uris: [] }), 'invalid_redirect_uri'],
    ['PKCE as a choice of another word', () => ({ redirect_uris, pkce: 'plain' }), 'invalid_client_metadata'],
    [
      'a script as address (CVE-2026-67333)',
      () => ({ redirect_uris: ['javascript:alert(1)'] }),
      'invalid_redirect_uri',
    ],
    ['plain http elsewhere', () => ({ redirect_uris: ['http://rp.example.test/'] }), 'invalid_redirect_uri'],
    ['a fragment', () => ({ redirect_uris: ['https://rp.example.test/#x'] }), 'invalid_redirect_uri'],
    [
      'a user in the address',
      () => ({ redirect_uris: ['https://a@rp.example.test/'] }),
      'invalid_redirect_uri',
    ],
    [
      'response_types with token',
      () => ({ redirect_uris, response_types: ['code token'] }),
      'invalid_client_metadata',
    ],
    ['an implicit grant', () => ({ redirect_uris, grant_types: ['implicit'] }), 'invalid_client_metadata'],
    [
      'no client authentication',
      () => ({ redirect_uris, token_endpoint_auth_method: 'none' }),
      'invalid_client_metadata',
    ],
    [
      'client_secret_jwt',
      () => ({ redirect_uris, token_endpoint_auth_method: 'client_secret_jwt' }),
      'invalid_client_metadata',
    ],
    [
      'private_key_jwt without a key',
      () => ({ redirect_uris, token_endpoint_auth_method: 'private_key_jwt' }),
      'invalid_client_metadata',
    ],
    [
      'jwks and jwks_uri',
      () => ({ redirect_uris, jwks, jwks_uri: 'https://rp.example.test/jwks' }),
      'invalid_client_metadata',
    ],
    [
      'an RSA key of fewer than 2048 bits',
      () => ({ redirect_uris, jwks: { keys: [shortKey] } }),
      'invalid_client_metadata',
    ],
    [
      'a private key',
      () => ({ redirect_uris, jwks: { keys: [{ ...jwks.keys[0], d: 'x' }] } }),
      'invalid_client_metadata',
    ],
    [
      'an invalid jwks_uri',
      () => ({ redirect_uris, jwks_uri: 'file:///etc/passwd' }),
      'invalid_client_metadata',
    ],
    [
      'alg none for the ID token',
      () => ({ redirect_uris, id_token_signed_response_alg: 'none' }),
      'invalid_client_metadata',
    ],
    ['a pairwise subject', () => ({ redirect_uris, subject_type: 'pairwise' }), 'invalid_client_metadata'],
    [
      'tls_client_auth without subject',
      () => ({ redirect_uris, token_endpoint_auth_method: 'tls_client_auth' }),
      'invalid_client_metadata',
    ],
    [
      'redirect_uris as a string',
      () => ({ redirect_uris: 'https://rp.example.test/' }),
      'invalid_redirect_uri',
    ],
    [
      'an invalid logout address',
      () => ({ redirect_uris, backchannel_logout_uri: 'ftp://x' }),
      'invalid_client_metadata',
    ],
  ];
  for (const [name, body, error] of refused)
    test(`rejects ${name} with ${error}`, async () => {
      const reply = await register(body());
      assert.deepEqual([reply.status, bodyOf(reply).error], [400, error], reply.body);
      assert.ok(bodyOf(reply).error_description.length > 10);
    });

  test('requires a valid initial access token', async () => {
    for (const token of ['', 'x', 'alongside-connection-manager', consoleSecret]) {
      const reply = await register({ redirect_uris }, token);
      assert.equal(reply.status, 401);
      assert.match(String(reply.headers['www-authenticate']), /^Bearer .*error="invalid_token"/);
    }
  });

  test('rejects a body that is not JSON, is too deep or would change a prototype', async () => {
    const authorization = `Bearer ${initial}`;
    const post = (body: string, type = 'application/json') =>
      send('POST', `${cis2.issuer}/connect/register`, { authorization, 'content-type': type }, body);
    for (const reply of [
      await post('{'),
      await post('[]'),
      await post('{}', 'text/plain'),
      await post(`{"redirect_uris":["https://rp.example.test/"],"__proto__":{"x":1}}`),
      await post(`${'{"a":'.repeat(50)}1${'}'.repeat(50)}`),
    ])
      assert.deepEqual([reply.status, bodyOf(reply).error], [400, 'invalid_client_metadata']);
  });

  test('answers any metadata as specified', async () => {
    const name = fc.constantFrom(
      'redirect_uris',
      'jwks',
      'grant_types',
      'client_name',
      'application_type',
      'dpop_bound_access_tokens',
    );
    await fc.assert(
      fc.asyncProperty(fc.dictionary(name, fc.jsonValue()), async (body) => {
        const reply = await register(body);
        assert.ok([201, 400].includes(reply.status), reply.body);
      }),
      { numRuns: 40 },
    );
  });
});

describe('management of a client (RFC 7592)', () => {
  const made = async (body: object = {}) => bodyOf(await register({ redirect_uris, ...body }));

  test('reads, replaces and removes the registration', async () => {
    const client = await made({ client_name: 'First' });
    const {
      registration_client_uri: address,
      registration_access_token: token,
      client_id,
      client_secret,
    } = client;
    const read = await call('GET', address, token);
    assert.deepEqual([read.status, bodyOf(read).client_name], [200, 'First']);
    assert.ok(!('client_secret' in bodyOf(read)));
    const changed = await call('PUT', address, token, {
      client_id,
      client_secret,
      client_name: 'Second',
      redirect_uris: ['https://rp.example.test/other'],
    });
    assert.equal(changed.status, 200, changed.body);
    const now = await cis2.applications.byCis2Client(client_id);
    assert.deepEqual([now?.name, now?.cis2?.redirectUris], ['Second', ['https://rp.example.test/other']]);
    assert.equal(now?.cis2?.secrets.length, 1);
    assert.equal((await call('DELETE', address, token)).status, 204);
    assert.equal((await call('GET', address, token)).status, 401);
    assert.equal(await cis2.applications.byCis2Client(client_id), undefined);
  });

  test('rejects the tokens of other clients', async () => {
    const [one, two] = [await made(), await made()];
    for (const token of [two.registration_access_token, initial, 'x'])
      for (const [method, body] of [['GET'], ['PUT', {}], ['DELETE']] as const)
        assert.equal((await call(method, one.registration_client_uri, token, body)).status, 401);
  });

  test('requires the client id and its own secret in a replacement', async () => {
    const { registration_client_uri: address, registration_access_token: token, client_id } = await made();
    for (const body of [
      { redirect_uris },
      { redirect_uris, client_id: 'other' },
      { redirect_uris, client_id, client_secret: 'wrong' },
      { client_id },
    ])
      assert.equal((await call('PUT', address, token, body)).status, 400);
  });
});

test('a token from the console registers clients of its team', async () => {
  const order = { kind: 'initial', team: 'supplier-1', profile: 'fapi2' };
  const reply = await call('POST', `${cis2.origin}/cis2/registration-tokens`, consoleSecret, order);
  assert.equal(reply.status, 201, reply.body);
  const token = bodyOf(reply).token;
  const client = bodyOf(await register({ redirect_uris, jwks }, token));
  const stored = await cis2.applications.byCis2Client(client.client_id);
  assert.deepEqual([stored?.developer, stored?.cis2?.profile], ['supplier-1', 'fapi2']);
  assert.equal((await call('POST', `${cis2.origin}/cis2/registration-tokens`, 'x', order)).status, 401);
});

test('the development tokens are valid in development only, and the endpoint exists only if it is enabled', async () => {
  const production = await startInstance({ development: false, dynamicRegistration: true });
  const off = await startInstance();
  try {
    assert.equal(
      (await call('POST', `${production.issuer}/connect/register`, initial, { redirect_uris })).status,
      401,
    );
    assert.equal(
      (await call('POST', `${off.issuer}/connect/register`, initial, { redirect_uris })).status,
      404,
    );
    const discovery = bodyOf(await send('GET', `${production.issuer}/.well-known/openid-configuration`));
    assert.equal(discovery.registration_endpoint, `${production.issuer}/connect/register`);
  } finally {
    await production.stop();
    await off.stop();
  }
});
