import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { ManualClock } from '@alongside/kernel/clock';
import { cis2Upstream } from '../oauth/upstream/providers.ts';
import { assertError, authorizeRequest } from './testing/journeys.ts';
import { type Platform, startPlatform } from './testing/platform.ts';

describe('a provider that does not respond', () => {
  const nowhere = 'http://127.0.0.1:1';
  let platform: Platform;
  before(async () => {
    platform = await startPlatform({
      base: {
        cis2: {
          issuer: nowhere,
          authorizeUrl: `${nowhere}/authorize`,
          tokenUrl: `${nowhere}/access_token`,
          userinfoUrl: `${nowhere}/userinfo`,
          jwksUrl: `${nowhere}/jwks`,
          clientId: 'platform',
          clientSecret: 'secret',
          providerName: 'nhs-cis2',
        },
      },
    });
  });
  after(() => platform.close());

  const back = async (base: string, request: Record<string, string>) => {
    const sent = await platform.get(`${base}/authorize`, request);
    const cookie = sent.headers
      .getSetCookie()
      .map((line) => line.split(';')[0])
      .join('; ');
    const state = sent.location?.searchParams.get('state') ?? '';
    return platform.get(`${base}/callback`, { state, code: 'x' }, cookie === '' ? {} : { cookie });
  };

  test('redirects to the client with its state and logs the reason', async () => {
    const { status, location } = await back('/oauth2', authorizeRequest());
    assert.equal(status, 302);
    assert.deepEqual(Object.fromEntries(location?.searchParams ?? []), {
      error: 'server_error',
      error_description: 'The identity provider did not complete the sign in',
      state: 'state-of-the-client',
    });
  });
  test('returns warn at _status while the other provider responds', async () => {
    const { body } = await platform.get('/oauth2/_status');
    assert.equal(body.status, 'warn');
    assert.deepEqual([body.checks['nhs-cis2'].status, body.checks['nhs-login'].status], ['fail', 'pass']);
    assert.match(body.checks['nhs-cis2'].outcome, /ECONNREFUSED|bad port/i);
  });
  test('returns the published catch-all if the keys of a provider cannot be fetched', async () => {
    const jwt = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const token = `${jwt({ alg: 'RS256', kid: 'x', typ: 'JWT' })}.${jwt({ iss: nowhere, sub: '1', aud: 'x', sid: 's' })}.AAAA`;
    const answer = await platform.post('/oauth2/backchannel_logout', { logout_token: token });
    await assertError(platform, answer, 400, 'bad_request', 'Unable to verify JWT');
  });
});

describe('nonceAndPkce', () => {
  let methods: string[] | undefined = ['S256'];
  let asked = 0;
  let isDown = false;
  let server: Server;
  let issuer = '';
  before(async () => {
    server = createServer((request, response) => {
      asked += 1;
      if (isDown) response.destroy();
      else if (request.url !== '/.well-known/openid-configuration') response.writeHead(404).end();
      else response.end(JSON.stringify({ code_challenge_methods_supported: methods }));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  after(() => {
    server.closeAllConnections();
    server.close();
  });
  const settings = (sendNonceAndPkce?: boolean) => ({
    issuer,
    authorizeUrl: '',
    tokenUrl: '',
    userinfoUrl: '',
    jwksUrl: '',
    clientId: '',
    clientSecret: '',
    providerName: 'nhs-cis2' as const,
    sendNonceAndPkce,
  });

  test('uses the configured value without reading metadata', async () => {
    for (const sends of [true, false])
      assert.equal(await cis2Upstream(settings(sends), new ManualClock(0)).sendsNonceAndPkce(), sends);
    assert.equal(asked, 0);
  });
  test('reads the metadata once an hour', async () => {
    const clock = new ManualClock(0);
    const upstream = cis2Upstream(settings(), clock);
    assert.deepEqual([await upstream.sendsNonceAndPkce(), await upstream.sendsNonceAndPkce()], [true, true]);
    assert.equal(asked, 1);
    for (const listed of [['plain'], undefined]) {
      methods = listed;
      clock.advance(3_600);
      assert.equal(await upstream.sendsNonceAndPkce(), false);
    }
  });
  test('shares one read between concurrent callers', async () => {
    methods = ['S256'];
    const upstream = cis2Upstream(settings(), new ManualClock(0));
    const first = await Promise.all([1, 2, 3].map(() => upstream.sendsNonceAndPkce()));
    assert.deepEqual(first, [true, true, true]);
  });
  test('keeps the last value after a failed read and reads again', async () => {
    methods = ['S256'];
    const clock = new ManualClock(0);
    const upstream = cis2Upstream(settings(), clock);
    isDown = true;
    assert.equal(await upstream.sendsNonceAndPkce(), false);
    isDown = false;
    assert.equal(await upstream.sendsNonceAndPkce(), true);
    isDown = true;
    clock.advance(3_600);
    assert.equal(await upstream.sendsNonceAndPkce(), true);
    isDown = false;
  });
  test('sends neither without metadata', async () => {
    const upstream = cis2Upstream({ ...settings(), issuer: `${issuer}/missing` }, new ManualClock(0));
    assert.equal(await upstream.sendsNonceAndPkce(), false);
  });
});
