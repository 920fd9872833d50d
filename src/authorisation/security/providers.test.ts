import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, afterEach, before, describe, test } from 'node:test';
import { applicationOf, secretOf } from '../testing/applications.ts';
import { assertionOf, withAssertion } from '../testing/assertions.ts';
import { authorizeRequest, codeOf, tokensOf } from '../testing/journeys.ts';
import { api, type Platform, startPlatform } from '../testing/platform.ts';
import { careWorker } from '../testing/provider.ts';
import { type StandardClient, standardIssuer, startStandardClient } from '../testing/standard.ts';

let client: StandardClient;
let platform: Platform;
before(async () => {
  client = await startStandardClient();
  platform = client.platform;
});
after(() => platform.close());
afterEach(() => platform.provider.reset());

describe('federation', () => {
  /** To the provider and back with what an attacker put into the answer. */
  const back = async (change: (answer: URLSearchParams) => void) => {
    const sent = await platform.get('/oauth2/authorize', authorizeRequest());
    const provided = await platform.call(sent.location ?? '');
    const location = provided.location ?? new URL(api);
    change(location.searchParams);
    return platform.call(location);
  };
  test('RFC 9207, RFC 9700 section 4.4: refuses a response of another issuer', async () => {
    const { location } = await back((answer) => answer.set('iss', 'https://evil.test'));
    assert.equal(location?.searchParams.get('error'), 'server_error');
    assert.equal(location?.searchParams.get('code'), null);
  });
  test('accepts a response without iss, like that of CIS2', async () => {
    const { location } = await back((answer) => answer.delete('iss'));
    assert.ok(location?.searchParams.get('code'));
  });
  test('refuses an unknown, foreign or used state', async () => {
    for (const state of ['', 'x', 'x'.repeat(5_000)])
      assert.equal(
        (await back((answer) => answer.set('state', state))).body.error_description,
        'Invalid state parameter.',
      );
    const sent = await platform.get('/oauth2/authorize', authorizeRequest());
    const { location } = await platform.call(sent.location ?? '');
    assert.equal((await platform.call(location ?? '')).status, 302);
    assert.equal((await platform.call(location ?? '')).body.error_description, 'Invalid state parameter.');
  });
  test('refuses the state of another base path', async () => {
    const sent = await platform.get('/oauth2/authorize', authorizeRequest());
    const state = sent.location?.searchParams.get('state') ?? '';
    const answer = await platform.get('/oauth2-mock/callback', { state, code: 'x' });
    assert.equal(answer.body.error_description, 'Invalid state parameter.');
  });
  test('refuses the ID token of another sign-in by its nonce', async () => {
    platform.provider.state.claims = { nonce: 'of-another-sign-in' };
    const answer = await back(() => undefined);
    assert.deepEqual([answer.status, answer.body.error], [400, 'invalid_request']);
  });
  test('CVE-2026-19349, RFC 9700 section 4.7: refuses a callback in another browser', async () => {
    const sent = await platform.get('/oauth2.1/authorize', client.requestOf('web'));
    assert.match(sent.headers.get('set-cookie') ?? '', /HttpOnly/i);
    const provided = await platform.call(sent.location ?? '');
    const answer = await platform.call(provided.location ?? '');
    assert.deepEqual([answer.status, answer.body.error], [400, 'invalid_request']);
  });
  test('CVE-2026-9087, CVE-2026-105207: identifies users by sub, never by e-mail or name', async () => {
    platform.provider.state.person = { ...careWorker, sub: '656005750199' };
    platform.provider.state.claims = {
      email: 'gp@example.test',
      name: careWorker.sub,
      preferred_username: careWorker.sub,
    };
    const { access_token: token = '' } = await tokensOf(platform);
    assert.equal((await platform.tokens.find(token))?.uid, '656005750199');
  });
  test('OpenID Connect Core section 5.3.2: refuses userinfo of another user', async () => {
    platform.provider.state.userinfoAnswer = { status: 200, body: { sub: 'somebody-else' } };
    const { location } = await back(() => undefined);
    assert.equal(location?.searchParams.get('error'), 'server_error');
  });
  test('CVE-2026-2603, CVE-2026-1486: refuses a removed provider everywhere', async () => {
    const code = await codeOf(platform, '/oauth2', 'combined');
    const elsewhere = await startPlatform({ keys: [client.signer.jwk] });
    const foreign = await elsewhere.provider.idTokenFor(careWorker, 'separate.apps.test');
    const exchange = async (audience: string, id: string, path: string) =>
      platform.post(`${path}/token`, {
        grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
        subject_token_type: 'urn:ietf:params:oauth:token-type:id_token',
        subject_token: foreign,
        ...withAssertion(await assertionOf({ id, audience, clock: platform.clock, signer: client.signer })),
      });
    const nhs = await exchange(`${api}/oauth2/token`, 'separate', '/oauth2');
    assert.equal(nhs.body.error_description, "Missing or non-matching 'iss' claim in subject_token JWT");
    assert.equal((await exchange(standardIssuer, 'signing', '/oauth2.1')).body.error, 'invalid_request');
    const logout = await platform.post('/oauth2/backchannel_logout', {
      logout_token: await elsewhere.provider.logoutToken(),
    });
    assert.equal(logout.body.error_description, 'Unable to verify JWT');
    await elsewhere.close();
    assert.ok(code);
  });
});

describe('addresses from outside (CVE-2026-1180, CVE-2026-4874, CVE-2020-10770, CVE-2026-53513)', () => {
  let server: Server;
  let url = '';
  let visits: string[] = [];
  before(async () => {
    server = createServer((request, response) => {
      visits.push(request.url ?? '');
      response.writeHead(302, { location: '/elsewhere' }).end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  after(() => {
    server.closeAllConnections();
    server.close();
  });
  afterEach(() => {
    visits = [];
  });

  test('RFC 9101 section 10.4: never fetches a request object by reference', async () => {
    for (const path of ['/oauth2', '/oauth2.1'])
      await platform.get(`${path}/authorize`, {
        ...client.requestOf('signing'),
        request_uri: `${url}/object`,
      });
    await platform.post('/oauth2.1/par', {
      ...client.requestOf('web'),
      ...(await client.credentials('web')),
      request_uri: `${url}/object`,
    });
    assert.deepEqual(visits, []);
  });
  test('does not follow redirects of a key set', async () => {
    await platform.applications.add(
      applicationOf('redirected', {
        profile: 'standard',
        tokenEndpointAuthMethod: 'private_key_jwt',
        secrets: [],
        jwksUrl: `${url}/jwks`,
      }),
    );
    const assertion = await assertionOf({
      id: 'redirected',
      audience: standardIssuer,
      clock: platform.clock,
      signer: client.signer,
    });
    const answer = await platform.post('/oauth2.1/token', {
      grant_type: 'client_credentials',
      ...withAssertion(assertion),
    });
    assert.equal(answer.body.error, 'invalid_client');
    assert.deepEqual(visits, ['/jwks']);
  });
  test('private addresses outside development, in the standard profile too', async () => {
    const real = await startPlatform({ development: false });
    const hosts = [
      '127.0.0.1',
      'localhost',
      '[::1]',
      '[::ffff:7f00:1]',
      '0.0.0.0',
      '2130706433',
      '0x7f.1',
      '10.0.0.1',
      '169.254.169.254',
    ];
    for (const [n, host] of hosts.entries()) {
      const id = `private-${n}`;
      await real.applications.add(
        applicationOf(id, {
          profile: 'standard',
          tokenEndpointAuthMethod: 'private_key_jwt',
          secrets: [],
          jwksUrl: `http://${host}:${new URL(url).port}/jwks`,
        }),
      );
      const assertion = await assertionOf({
        id,
        audience: standardIssuer,
        clock: real.clock,
        signer: client.signer,
      });
      const answer = await real.post('/oauth2.1/token', {
        grant_type: 'client_credentials',
        ...withAssertion(assertion),
      });
      assert.equal(answer.body.error, 'invalid_client', host);
      const kept = await real.refusals.find(answer.body.message_id);
      assert.match(kept?.detail ?? '', /private address/, host);
    }
    assert.deepEqual(visits, []);
    await real.close();
  });
});

describe('revocation and introspection', () => {
  const asServer = { client_id: 'key-of-server', client_secret: secretOf('server') };
  before(() =>
    platform.applications.add(
      applicationOf('server', { profile: 'standard', attributes: { 'resource-server': 'true' } }),
    ),
  );
  const introspect = async (token: string) =>
    (await platform.post('/oauth2.1/introspect', { token, ...asServer })).body;

  test('CVE-2026-8922: report a revoked token, family, session or application as inactive', async () => {
    const { access_token: token, refresh_token: refresh } = await client.tokensOf('web');
    assert.equal((await introspect(token)).active, true);
    await platform.post('/oauth2.1/revoke', { token: refresh, ...(await client.credentials('web')) });
    assert.deepEqual(await introspect(token), { active: false });
    const other = (await client.tokensOf('web')).access_token;
    const stored = await platform.applications.get('web');
    assert.ok(stored);
    await platform.applications.replace({ ...stored, status: 'revoked' }, stored.revision);
    assert.deepEqual(await introspect(other), { active: false });
    await platform.applications.replace({ ...stored, status: 'approved' }, stored.revision + 1);
  });
  test('RFC 7662 section 4: require client authentication', async () => {
    const { access_token: token } = await client.tokensOf('native');
    for (const form of [
      { token },
      { token, client_id: 'key-of-native' },
      { token, client_id: 'key-of-server' },
    ])
      assert.equal((await platform.post('/oauth2.1/introspect', form as Record<string, string>)).status, 401);
  });
  test('CVE-2020-15223: report a failed write', async () => {
    const broken = await startStandardClient();
    const { refresh_token: token } = await broken.tokensOf('web');
    const form = { token, ...(await broken.credentials('web')) };
    const { batch } = broken.platform.database;
    broken.platform.database.batch = async () => {
      throw new Error('the disk is full');
    };
    const answer = await broken.platform.post('/oauth2.1/revoke', form);
    assert.deepEqual([answer.status, answer.body.error], [500, 'server_error']);
    assert.ok(!answer.text.includes('disk'));
    broken.platform.database.batch = batch;
    await broken.platform.close();
  });
});
