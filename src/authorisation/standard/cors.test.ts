import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { applicationOf } from '../testing/applications.ts';
import { type Platform, startPlatform } from '../testing/platform.ts';

const own = 'https://spa.test';
const called: [string, string][] = [
  ['GET', '/oauth2.1/jwks'],
  ['POST', '/oauth2.1/token'],
  ['POST', '/oauth2.1/par'],
  ['POST', '/oauth2.1/revoke'],
  ['GET', '/oauth2.1/userinfo'],
  ['POST', '/oauth2.1/userinfo'],
];

describe('CORS at /oauth2.1', () => {
  let platform: Platform;
  before(async () => {
    platform = await startPlatform({ base: { options: { proofNonces: true } } });
    await platform.applications.add(
      applicationOf('spa', { profile: 'standard', tokenEndpointAuthMethod: 'none', secrets: [] }),
    );
  });
  after(() => platform.close());

  const preflight = (path: string, origin: string, method = 'POST') =>
    platform.call(path, {
      method: 'OPTIONS',
      headers: {
        origin,
        'access-control-request-method': method,
        'access-control-request-headers': 'dpop,content-type',
      },
    });

  for (const [method, path] of called) {
    test(`lets a page of a public client call ${method} ${path}`, async () => {
      const { status, headers } = await preflight(path, own, method);
      assert.equal(status, 204);
      assert.equal(headers.get('access-control-allow-origin'), own);
      assert.ok(headers.get('access-control-allow-methods')?.split(', ').includes(method));
      assert.match(headers.get('access-control-allow-headers') ?? '', /authorization.*content-type.*dpop/);
      const answer = await platform.call(path, { method, headers: { origin: own } });
      for (const got of [headers, answer.headers]) {
        assert.equal(got.get('access-control-allow-origin'), own);
        assert.equal(got.get('access-control-allow-credentials'), null);
        assert.equal(got.get('vary'), 'Origin');
      }
      assert.match(answer.headers.get('access-control-expose-headers') ?? '', /DPoP-Nonce, WWW-Authenticate/);
    });

    for (const [name, origin] of [
      ['of an unknown origin', 'https://other.test.example'],
      ['of a confidential client', 'https://web.test'],
      ['of a client of the nhs profile', 'https://combined.test'],
      ['on another port of the callback', 'https://spa.test:8443'],
      ['by plain HTTP', 'http://spa.test'],
      ['without an origin of its own', 'null'],
    ] as const)
      test(`does not let a page ${name} call ${method} ${path}`, async () => {
        const answers = [
          await preflight(path, origin, method),
          await platform.call(path, { method, headers: { origin } }),
        ];
        for (const { headers } of answers) {
          assert.equal(headers.get('access-control-allow-origin'), null);
          assert.equal(headers.get('vary'), 'Origin');
        }
      });
  }

  test('sends Vary to a caller without an origin, because caches store the key set', async () => {
    assert.equal((await platform.get('/oauth2.1/jwks')).headers.get('vary'), 'Origin');
  });

  test('adds the headers to errors before the endpoint', async () => {
    const answer = await platform.call('/oauth2.1/token', {
      method: 'POST',
      headers: { origin: own, 'content-type': 'application/x-www-form-urlencoded' },
      body: 'a'.repeat(70_000),
    });
    assert.deepEqual([answer.status, answer.headers.get('access-control-allow-origin')], [413, own]);
  });

  test('adds no headers at endpoints that browsers open or servers call', async () => {
    for (const path of ['/oauth2.1/authorize', '/oauth2.1/callback', '/oauth2.1/introspect'])
      for (const { headers } of [
        await preflight(path, own),
        await platform.call(path, { headers: { origin: own } }),
      ])
        assert.equal(headers.get('access-control-allow-origin'), null);
  });

  test('stops for a page of a revoked client', async () => {
    const application = applicationOf('gone', {
      profile: 'standard',
      tokenEndpointAuthMethod: 'none',
      secrets: [],
    });
    await platform.applications.add({ ...application, status: 'revoked' });
    const { headers } = await preflight('/oauth2.1/token', 'https://gone.test');
    assert.equal(headers.get('access-control-allow-origin'), null);
  });
});
