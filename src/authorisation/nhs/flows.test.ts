import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { release } from '../../version.ts';
import { assertError, codeRequest } from '../testing/journeys.ts';
import { type Platform, startPlatform } from '../testing/platform.ts';

describe('other flows of a base path', () => {
  let platform: Platform;
  before(async () => {
    platform = await startPlatform({ more: { statusApiKey: 'key-of-the-monitor' } });
  });
  after(() => platform.close());

  describe('content types at /token', () => {
    for (const type of [
      'application/json',
      'text/plain',
      'multipart/form-data; boundary=x',
      'application/x-www-form-urlencodedx',
    ])
      test(type, async () => {
        const body = new URLSearchParams(codeRequest('x')).toString();
        const answer = await platform.call('/oauth2/token', {
          method: 'POST',
          body,
          headers: { 'content-type': type },
        });
        await assertError(
          platform,
          answer,
          415,
          'invalid_request',
          'Content-Type header must be application/x-www-form-urlencoded',
        );
      });
    test('refuses a form in the query without a body', async () => {
      const answer = await platform.call(`/oauth2/token?${new URLSearchParams(codeRequest('x'))}`, {
        method: 'POST',
      });
      await assertError(
        platform,
        answer,
        415,
        'invalid_request',
        'Content-Type header must be application/x-www-form-urlencoded',
      );
    });
    test('refuses a form in the query with an empty body', async () => {
      const answer = await platform.post(`/oauth2/token?${new URLSearchParams(codeRequest('x'))}`, {});
      await assertError(platform, answer, 400, 'invalid_request', 'grant_type is missing');
    });
  });

  describe('methods', () => {
    const rows: [string, string, string][] = [
      ...['GET', 'PUT', 'DELETE', 'PATCH', 'HEAD', 'OPTIONS'].map((method): [string, string, string] => [
        method,
        '/token',
        'POST',
      ]),
      ...['POST', 'PUT', 'DELETE', 'PATCH', 'HEAD', 'OPTIONS'].map((method): [string, string, string] => [
        method,
        '/authorize',
        'GET',
      ]),
    ];
    for (const [method, path, allowed] of rows)
      test(`${method} ${path}`, async () => {
        const answer = await platform.call(`/oauth2${path}`, { method });
        assert.equal(answer.status, 405);
        assert.equal(answer.headers.get('allow'), allowed);
        assert.equal(answer.text, '');
        assert.match(answer.headers.get('content-type') ?? '', /^text\/plain/);
      });
  });

  describe('404', () => {
    for (const [method, path] of [
      ['GET', '/oauth2'],
      ['GET', '/oauth2/'],
      ['GET', '/oauth2/other'],
      ['GET', '/oauth2/token/'],
      ['GET', '/oauth2/Authorize'],
      ['POST', '/oauth2/userinfo'],
      ['GET', '/oauth2/backchannel_logout'],
      ['POST', '/oauth2/callback'],
      ['GET', '/oauth2/.well-known/openid-configuration'],
      ['GET', '/oauth2/jwks'],
      ['POST', '/oauth2/_ping'],
    ] as const)
      test(`${method} ${path}`, async () => {
        await assertError(
          platform,
          await platform.call(path, { method }),
          404,
          'invalid_request',
          'Not Found',
        );
      });
  });

  describe('CORS', () => {
    const asked = { origin: 'https://page.test', 'access-control-request-method': 'POST' };
    for (const path of ['/token', '/anything'])
      test(`preflight at ${path}`, async () => {
        const { status, headers } = await platform.call(`/oauth2${path}`, {
          method: 'OPTIONS',
          headers: asked,
        });
        assert.equal(status, 200);
        assert.deepEqual(
          [...headers].filter(([name]) => name.startsWith('access-control-')),
          [
            ['access-control-allow-headers', 'origin, x-requested-with, accept, content-type, authorization'],
            ['access-control-allow-methods', 'GET, PUT, POST, DELETE'],
            ['access-control-allow-origin', 'https://page.test'],
            ['access-control-max-age', '600'],
          ],
        );
      });
    test('does not treat OPTIONS without Access-Control-Request-Method as a preflight', async () => {
      const answer = await platform.call('/oauth2/token', {
        method: 'OPTIONS',
        headers: { origin: 'https://page.test' },
      });
      assert.equal(answer.status, 405);
    });
  });

  test('/_ping returns exactly four members, and none for HEAD', async () => {
    const { status, body } = await platform.get('/oauth2/_ping');
    assert.equal(status, 200);
    assert.deepEqual(Object.keys(body), ['version', 'revision', 'releaseId', 'commitId']);
    assert.deepEqual(body, release, 'as under each API of the platform');
    const head = await platform.call('/oauth2/_ping', { method: 'HEAD' });
    assert.deepEqual([head.status, head.text], [200, '']);
  });

  describe('/_status', () => {
    const status = () => platform.get('/oauth2/_status', {}, { apikey: 'key-of-the-monitor' });
    for (const [name, headers] of [
      ['no key', {}],
      ['another key', { apikey: 'x' }],
    ] as [string, Record<string, string>][])
      test(name, async () => {
        const answer = await platform.get('/oauth2/_status', {}, headers);
        await assertError(
          platform,
          answer,
          401,
          'Access Denied',
          'Invalid api key for _status monitoring endpoint',
        );
      });
    test('returns pass, warn and fail by the number of failed providers', async () => {
      const up = await status();
      assert.deepEqual(Object.keys(up.body), [
        'status',
        'version',
        'revision',
        'releaseId',
        'commitId',
        'checks',
      ]);
      assert.equal(up.body.status, 'pass');
      assert.deepEqual(up.body.checks['nhs-cis2'], {
        status: 'pass',
        timeout: 'false',
        responseCode: 200,
        outcome: 'OK',
        links: { self: `${platform.provider.issuer}/jwks` },
      });
      platform.provider.state.keysStatus = 503;
      const one = await status();
      assert.deepEqual(
        [one.body.status, one.body.checks['nhs-cis2'].responseCode, one.body.checks['nhs-login'].status],
        ['warn', 503, 'pass'],
      );
      platform.citizens.state.keysStatus = 503;
      assert.equal((await status()).body.status, 'fail');
      platform.provider.reset();
      platform.citizens.reset();
    });
  });

  test('refuses a body of 10 MB early', async () => {
    const body = `grant_type=${'x'.repeat(10_000_000)}`;
    const answer = await platform
      .call('/oauth2/token', {
        method: 'POST',
        body,
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
      })
      .catch(() => undefined);
    assert.ok(answer === undefined || answer.status === 413, String(answer?.status));
  });
});
