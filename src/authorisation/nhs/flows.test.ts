import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { applicationOf } from '../testing/applications.ts';
import { assertError, authorizeRequest, codeRequest } from '../testing/journeys.ts';
import { type Platform, startPlatform } from '../testing/platform.ts';

describe('the other flows of a base path', () => {
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
      'x',
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
    test('the form in the query, no body', async () => {
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
    test('the form in the query, an empty form as body', async () => {
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
    test('OPTIONS without Access-Control-Request-Method is no preflight', async () => {
      const answer = await platform.call('/oauth2/token', {
        method: 'OPTIONS',
        headers: { origin: 'https://page.test' },
      });
      assert.equal(answer.status, 405);
    });
  });

  test('/_ping has exactly four members; HEAD has none', async () => {
    const { status, body } = await platform.get('/oauth2/_ping');
    assert.equal(status, 200);
    assert.deepEqual(Object.keys(body), ['version', 'revision', 'releaseId', 'commitId']);
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
    test('both providers up, one down, both down', async () => {
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

  describe('rate limits', () => {
    const limited = (id: string, ratelimiting: object) =>
      platform.applications.add(
        applicationOf(id, { attributes: { ratelimiting: JSON.stringify({ oauth2: ratelimiting }) } }),
      );

    test('the quota: three a minute, counted over authorize and token; another application is free', async () => {
      await limited('slow', { quota: { enabled: true, limit: 3, interval: 1, timeunit: 'minute' } });
      for (let n = 0; n < 2; n++)
        assert.equal((await platform.get('/oauth2/authorize', authorizeRequest('slow'))).status, 302);
      assert.equal(
        (await platform.post('/oauth2/token', codeRequest('x', 'slow'))).body.error,
        'invalid_grant',
      );
      const text =
        'Your application, The slow application, has exceeded its quota of 3 requests every 1 minute(s) and is being rate limited.';
      const fourth = await platform.get(
        '/oauth2/authorize',
        authorizeRequest('slow', { redirect_uri: undefined }),
      );
      await assertError(platform, fourth, 429, 'ratelimit_exceeded', text);
      assert.equal(fourth.headers.get('retry-after'), '60');
      await assertError(
        platform,
        await platform.post('/oauth2/token', codeRequest('x', 'slow', { client_secret: 'wrong' })),
        429,
        'ratelimit_exceeded',
        text,
      );
      assert.equal((await platform.get('/oauth2/authorize', authorizeRequest())).status, 302);
      assert.equal((await platform.get('/oauth2-mock/authorize', authorizeRequest('slow'))).status, 302);
      platform.clock.advance(60);
      assert.equal((await platform.get('/oauth2/authorize', authorizeRequest('slow'))).status, 302);
    });

    test('the spike arrest: one every 200 ms', async () => {
      const spikeArrest = { enabled: true, ratelimit: '300pm' };
      await limited('spiky', {
        quota: { enabled: false, limit: 1, interval: 1, timeunit: 'minute' },
        spikeArrest,
      });
      assert.equal((await platform.get('/oauth2/authorize', authorizeRequest('spiky'))).status, 302);
      const second = await platform.get('/oauth2/authorize', authorizeRequest('spiky'));
      await assertError(
        platform,
        second,
        429,
        'ratelimit_exceeded',
        'Your application, The spiky application, has created a spike in traffic and is being rate limited. Please reduce the frequency of your requests.',
      );
      assert.equal(second.headers.get('retry-after'), '1');
      platform.clock.advance(0.2);
      assert.equal((await platform.get('/oauth2/authorize', authorizeRequest('spiky'))).status, 302);
    });

    test('the published default of 300 a minute holds where the product says nothing', async () => {
      const product = { name: 'usual', apis: ['oauth2'], scopes: [], limits: {} };
      await platform.products.save(product);
      await platform.applications.add(
        applicationOf('usual', { products: [{ name: 'usual', status: 'approved' }] }),
      );
      const statuses: number[] = [];
      for (let n = 0; n < 301; n++)
        statuses.push(
          (await platform.get('/oauth2/authorize', authorizeRequest('usual', { redirect_uri: undefined })))
            .status,
        );
      assert.deepEqual([statuses.filter((status) => status === 400).length, statuses.at(-1)], [300, 429]);
    });
  });

  test('one message id for each request, and what it finds says what was expected and what came', async () => {
    const [one, two] = [
      await platform.get(
        '/oauth2/authorize',
        authorizeRequest('combined', { redirect_uri: 'https://wrong.test/' }),
      ),
      await platform.get(
        '/oauth2/authorize',
        authorizeRequest('combined', { redirect_uri: 'https://wrong.test/' }),
      ),
    ];
    assert.notEqual(one.body.message_id, two.body.message_id);
    const reason = await platform.refusals.find(one.body.message_id);
    assert.deepEqual(reason, {
      messageId: one.body.message_id,
      at: new Date(platform.clock.now()).toISOString(),
      service: 'authorisation',
      error: 'authorisation.redirectUnknown',
      detail: 'https://wrong.test/ came, registered are: https://combined.test/callback',
      path: '/oauth2/authorize',
    });
    platform.clock.advance(8 * 86_400);
    await platform.refusals.sweep();
    assert.equal(await platform.refusals.find(one.body.message_id), undefined);
  });

  test('a body of 10 MB ends early', async () => {
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
