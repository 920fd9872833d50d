import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import fc from 'fast-check';
import { testClients } from '../settings.ts';
import { type Surface, startSurface } from '../testing/surface.ts';
import { spelledKeySet } from './routes.ts';

let surface: Surface;
before(async () => {
  surface = await startSurface();
  for (const [name, apis] of [
    ['with-mock-jwks', ['hello-world', 'mock-jwks']],
    ['without', ['hello-world']],
  ] as const)
    await surface.products.save({ name, apis: [...apis], scopes: [], limits: null });
});
after(() => surface.stop());

const get = (path: string, headers: Record<string, string> = {}) =>
  fetch(`${surface.api}/mock-jwks/${path}`, { headers });

describe('GET /mock-jwks/{key set}', () => {
  const set = {
    keys: [{ kty: 'RSA', n: 'x'.repeat(683), e: 'AQAB', kid: 'test-1', alg: 'RS512', use: 'sig' }],
  };
  const text = JSON.stringify(set);
  const spellings: [string, string][] = [
    ['base64url', Buffer.from(text).toString('base64url')],
    ['base64url with padding', Buffer.from(`${text} `).toString('base64url') + '='.repeat(2)],
    ['base64', Buffer.from(`${text}\n`).toString('base64')],
    ['base64, percent-encoded', encodeURIComponent(Buffer.from(`${text}\n`).toString('base64'))],
  ];
  for (const [name, path] of spellings)
    test(`returns a key set in ${name}`, async () => {
      const answer = await get(path);
      assert.equal(answer.status, 200);
      assert.equal(answer.headers.get('content-type'), 'application/json');
      assert.deepEqual(await answer.json(), set);
    });

  test('accepts a slash of the base64 alphabet', async () => {
    const path = Buffer.from('{"keys":["???>>>~~~"]}').toString('base64');
    assert.match(path, /\//);
    assert.deepEqual(await (await get(path)).json(), { keys: ['???>>>~~~'] });
  });

  test('accepts a path of 12 KB', async () => {
    const long = { keys: [{ kty: 'RSA', kid: 'k'.repeat(9_100) }] };
    const path = Buffer.from(JSON.stringify(long)).toString('base64url');
    assert.ok(path.length > 12_000, String(path.length));
    assert.deepEqual(await (await get(path)).json(), long);
  });

  for (const [name, text] of [
    ['text that is not JSON', 'keys'],
    ['an object without keys', '{"key":[]}'],
    ['a list', '[]'],
    ['null', 'null'],
  ] as const)
    test(`refuses ${name}`, async () => {
      const answer = await get(Buffer.from(text).toString('base64url'));
      assert.equal(answer.status, 400);
      assert.ok(((await answer.json()) as { fault: { faultstring: string } }).fault.faultstring);
    });

  for (const path of ['', '!!!', '..%2f..%2f', '%00', Buffer.from([0xff, 0xfe]).toString('base64url')])
    test(`refuses the path "${path}"`, async () => assert.equal((await get(path)).status, 400));

  test('decodes every encoded set, and never throws for other text', () => {
    fc.assert(
      fc.property(fc.array(fc.dictionary(fc.string(), fc.jsonValue())), (keys) => {
        const text = JSON.stringify({ keys });
        return spelledKeySet(Buffer.from(text).toString('base64url')) === text;
      }),
    );
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (path) => {
        spelledKeySet(path);
      }),
    );
  });
});

describe('GET /mock-jwks/_ping and /_status', () => {
  const build = ['version', 'revision', 'releaseId', 'commitId'];

  test('return the build, and with the key of _status also the status', async () => {
    assert.deepEqual(Object.keys((await (await get('_ping')).json()) as object), build);
    const answer = await get('_status', { apikey: 'status-api-key-0123456789' });
    assert.deepEqual(Object.keys((await answer.json()) as object), ['status', ...build, 'checks']);
    assert.equal((await get('_status', { apikey: 'wrong' })).status, 401);
  });
});

describe('endpoints with an API key', () => {
  const named = (client: { clientId: string; clientSecret: string }) => ({
    client_id: client.clientId,
    client_secret: client.clientSecret,
    redirect_uri: `${surface.platform.url}/oauth2-mock/callback`,
  });

  test('return the credentials of the mock’s clients with three members each', async () => {
    const { platform } = await surface.register({}, { products: ['with-mock-jwks'] });
    const answer = await get('keycloak-client-credentials', { apikey: platform.clientId });
    assert.equal(answer.status, 200);
    assert.deepEqual(await answer.json(), {
      cis2: named(testClients.cis2),
      'nhs-login': named(testClients.nhsLogin),
    });
  });

  test('return the API key of _status as text', async () => {
    const { platform } = await surface.register({}, { products: ['with-mock-jwks'] });
    const answer = await get('status-endpoint-api-key', { apikey: platform.clientId });
    assert.equal(await answer.text(), 'status-api-key-0123456789');
  });

  const refused: [string, () => Promise<Record<string, string>>, string][] = [
    ['a request without a key', async () => ({}), 'steps.oauth.v2.FailedToResolveAPIKey'],
    ['an unknown key', async () => ({ apikey: 'unknown' }), 'oauth.v2.InvalidApiKey'],
    [
      'an application without the product',
      async () => ({ apikey: (await surface.register({}, { products: ['without'] })).platform.clientId }),
      'oauth.v2.InvalidApiKeyForGivenResource',
    ],
    [
      'a revoked application',
      async () => {
        const revoked = await surface.register({}, { status: 'revoked', products: ['with-mock-jwks'] });
        return { apikey: revoked.platform.clientId };
      },
      'oauth.v2.InvalidApiKey',
    ],
    [
      'an application of an inactive developer',
      async () => {
        const gone = { id: 'gone', name: 'Gone', status: 'inactive', kind: 'developer', email: '' } as const;
        await surface.developers.add(gone);
        const more = { developer: gone.id, products: ['with-mock-jwks'] };
        return { apikey: (await surface.register({}, more)).platform.clientId };
      },
      'oauth.v2.InvalidApiKey',
    ],
  ];
  for (const [name, headers, errorcode] of refused)
    for (const path of ['keycloak-client-credentials', 'status-endpoint-api-key'])
      test(`refuse ${name} at ${path}`, async () => {
        const answer = await get(path, await headers());
        assert.equal(answer.status, 401);
        const { fault } = (await answer.json()) as { fault: { detail: { errorcode: string } } };
        assert.equal(fault.detail.errorcode, errorcode);
      });
});
