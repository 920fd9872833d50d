import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { applicationOf } from '../testing/applications.ts';
import { type Platform, startPlatform } from '../testing/platform.ts';

const own = 'https://spa.test';
const called: [string, string][] = [
  ['GET', '/.well-known/oauth-authorization-server/oauth2.1'],
  ['GET', '/oauth2.1/jwks'],
  ['POST', '/oauth2.1/token'],
  ['POST', '/oauth2.1/par'],
  ['POST', '/oauth2.1/revoke'],
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
    test(`${method} ${path} answers a page of a registered public client`, async () => {
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
      test(`${method} ${path} does not answer a page ${name}`, async () => {
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

  test('a caller without an origin gets Vary, since caches keep the documents', async () => {
    for (const [, path] of called.slice(0, 2))
      assert.equal((await platform.get(path)).headers.get('vary'), 'Origin');
  });

  test('errors before the endpoint carry the headers', async () => {
    const answer = await platform.call('/oauth2.1/token', {
      method: 'POST',
      headers: { origin: own, 'content-type': 'application/x-www-form-urlencoded' },
      body: 'a'.repeat(70_000),
    });
    assert.deepEqual([answer.status, answer.headers.get('access-control-allow-origin')], [413, own]);
  });

  test('endpoints that browsers open or servers call have no CORS headers', async () => {
    for (const path of ['/oauth2.1/authorize', '/oauth2.1/callback', '/oauth2.1/introspect'])
      for (const { headers } of [
        await preflight(path, own),
        await platform.call(path, { headers: { origin: own } }),
      ])
        assert.equal(headers.get('access-control-allow-origin'), null);
  });

  test('a page of a revoked client is no longer answered', async () => {
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
