import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { createLocalJWKSet, jwtVerify } from 'jose';
import { applicationOf, scopes, secretOf } from '../testing/applications.ts';
import { tokensOf } from '../testing/journeys.ts';
import { newProver } from '../testing/proofs.ts';
import { careWorker } from '../testing/provider.ts';
import { type StandardClient, standardIssuer, startStandardClient } from '../testing/standard.ts';

const records = 'https://api.test/records';

let client: StandardClient;
before(async () => {
  client = await startStandardClient();
  const server = { profile: 'standard', attributes: { 'resource-server': 'true' } } as const;
  const { applications } = client.platform;
  await applications.add(applicationOf('server', server));
  const narrow = { 'resource-server': 'true', resources: 'https://elsewhere.test' };
  await applications.add(applicationOf('elsewhere', { ...server, attributes: narrow }));
  const publicServer = { ...server, tokenEndpointAuthMethod: 'none', secrets: [] };
  await applications.add(applicationOf('public-server', publicServer));
});
after(() => client.platform.close());

const ask = (token: string | undefined, id = 'server', headers: Record<string, string> = {}) =>
  client.platform.post(
    '/oauth2.1/introspect',
    {
      client_id: `key-of-${id}`,
      client_secret: secretOf(id),
      ...(token === undefined ? {} : { token }),
    },
    headers,
  );
const inactive = async (token: string, id = 'server') =>
  assert.deepEqual((await ask(token, id)).body, { active: false });

describe('introspection at /oauth2.1 (RFC 7662)', () => {
  test('describes a live token of any base path to a resource server', async () => {
    const { access_token: token } = await client.tokensOf('web');
    const { status, body, headers } = await ask(token);
    assert.equal(status, 200);
    assert.equal(headers.get('cache-control'), 'no-store');
    const now = client.platform.clock.now() / 1_000;
    assert.deepEqual(body, {
      active: true,
      iss: standardIssuer,
      sub: careWorker.sub,
      aud: 'https://api.test',
      client_id: 'key-of-web',
      scope: scopes.aal3,
      token_type: 'Bearer',
      iat: now,
      exp: now + 600,
      acr: 'AAL3_ANY',
    });
    const combined = await tokensOf(client.platform);
    const { body: published } = await ask(combined.access_token ?? '');
    assert.deepEqual([published.active, published.iss], [true, 'https://api.test/oauth2']);
  });

  test('returns cnf of a bound token', async () => {
    const prover = await newProver(client.platform.clock);
    const { body } = await client.redeem('web', await client.codeOf('web'), {}, await prover.header());
    const { body: told } = await ask(body.access_token);
    assert.deepEqual([told.token_type, told.cnf], ['DPoP', { jkt: prover.jkt }]);
  });

  test('signs the response on request (RFC 9701)', async () => {
    const { access_token: token } = await client.tokensOf('web');
    const accept = { accept: 'application/token-introspection+jwt' };
    const answer = await ask(token, 'server', accept);
    assert.equal(answer.headers.get('content-type'), 'application/token-introspection+jwt');
    const keys = createLocalJWKSet((await client.platform.get('/oauth2.1/jwks')).body);
    const { payload, protectedHeader } = await jwtVerify(answer.text, keys, {
      issuer: standardIssuer,
      audience: 'key-of-server',
      typ: 'token-introspection+jwt',
      currentDate: new Date(client.platform.clock.now()),
    });
    assert.equal(protectedHeader.alg, 'RS256');
    assert.deepEqual(payload.token_introspection, (await ask(token)).body);
    assert.equal(payload.sub, undefined);
  });

  test('reports an invalid token as inactive', async () => {
    const { access_token: token, refresh_token: refresh } = await client.tokensOf('web');
    await inactive('unknown');
    await inactive(refresh);
    await client.platform.database.run(client.platform.tokens.revokeStatement(token));
    await inactive(token);
    const late = await client.tokensOf('web');
    client.platform.clock.advance(599);
    assert.equal((await ask(late.access_token)).body.active, true);
    client.platform.clock.advance(1);
    await inactive(late.access_token);
  });

  test('reports a token of a revoked application as inactive', async () => {
    const { access_token: token } = await client.tokensOf('signing');
    const stored = await client.platform.applications.get('signing');
    assert.ok(stored);
    await client.platform.applications.replace({ ...stored, status: 'revoked' }, stored.revision);
    await inactive(token);
    await client.platform.applications.replace(stored, stored.revision + 1);
    assert.equal((await ask(token)).body.active, true);
  });

  test('refuses a resource server of an inactive developer', async () => {
    const { access_token: token } = await client.tokensOf('web');
    const { developers, applications } = client.platform;
    const { developer = '' } = (await applications.get('server')) ?? {};
    const owner = { id: developer, name: 'Owner', kind: 'developer', status: 'inactive', email: '' } as const;
    const before = await developers.get(developer);
    await (before ? developers.replace(owner, before.revision) : developers.add(owner));
    const { status, body } = await ask(token);
    await (before ? developers.replace(before, before.revision + 1) : developers.remove(developer));
    assert.deepEqual([status, body.error], [400, 'unauthorized_client']);
    assert.equal((await ask(token)).body.active, true);
  });
  test('describes a client its own tokens alone, if it is not a resource server', async () => {
    const { access_token: token, refresh_token: refresh } = await client.tokensOf('web');
    assert.equal((await ask(token, 'web')).body.active, true);
    const { body } = await ask(refresh, 'web');
    assert.deepEqual([body.active, body.token_type], [true, undefined]);
    await inactive(refresh);
    const other = await client.tokensOf('native');
    await inactive(other.access_token, 'web');
  });

  test('reports a token as inactive to a resource server for another resource', async () => {
    const { access_token: token } = await client.tokensOf('web');
    const narrow = await client.redeem('web', await client.codeOf('web', undefined, { resource: records }));
    assert.equal((await ask(narrow.body.access_token)).body.aud, records);
    await inactive(narrow.body.access_token, 'elsewhere');
    assert.equal((await ask(token, 'elsewhere')).body.active, true);
  });

  test('requires client authentication', async () => {
    const { access_token: token } = await client.tokensOf('web');
    const { platform } = client;
    const forms: Record<string, string>[] = [
      { token },
      { token, client_id: 'key-of-server' },
      { token, client_id: 'key-of-server', client_secret: 'wrong' },
      { token, client_id: 'key-of-public-server' },
      { token, client_id: 'nobody', client_secret: 'x' },
    ];
    for (const form of forms) {
      const { status, body } = await platform.post('/oauth2.1/introspect', form);
      assert.deepEqual([status, body.error], [401, 'invalid_client']);
    }
    const bearer = { authorization: `Bearer ${token}` };
    assert.equal((await platform.post('/oauth2.1/introspect', { token }, bearer)).status, 401);
    assert.deepEqual((await ask(undefined)).body.error, 'invalid_request');
    assert.equal((await platform.get('/oauth2.1/introspect')).status, 405);
  });
});
