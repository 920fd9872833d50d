import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { realmPath } from '../../src/service.ts';
import { startInstance, type TestInstance } from '../testing/instance.ts';
import { startPostgres, type TestPostgres } from '../testing/postgres.ts';
import { type FaultyProxy, startProxy } from '../testing/proxy.ts';

let postgres: TestPostgres;
let proxy: FaultyProxy;
let instance: TestInstance;

before(async () => {
  postgres = await startPostgres();
  await postgres.create('lost');
  proxy = await startProxy({ path: postgres.socket });
  const database = `postgres://alongside@127.0.0.1:${proxy.port}/lost`;
  instance = await startInstance({
    database,
    logLevel: 'silent',
    legacyCis: true,
    dynamicRegistration: true,
  });
});
after(async () => {
  await instance?.stop();
  await proxy?.close();
  await postgres?.stop();
});

const form = (fields: Record<string, string>): RequestInit => ({
  method: 'POST',
  body: new URLSearchParams(fields),
});
const browser: RequestInit = { headers: { accept: 'text/html' }, redirect: 'manual' };
const bearer: RequestInit = { headers: { authorization: 'Bearer something' } };
const code = { grant_type: 'authorization_code', code: 'c', redirect_uri: 'https://a.test/', client_id: 'a' };
const authorize = new URLSearchParams({
  client_id: 'a',
  redirect_uri: 'https://a.test/',
  response_type: 'code',
  scope: 'openid',
  state: 's',
});
const jws = `${Buffer.from('{"alg":"RS512","kid":"k"}').toString('base64url')}.${Buffer.from('{"iss":"a","sub":"a"}').toString('base64url')}.c2ln`;

type Service = 'api' | 'cis2' | 'cis' | 'console';
const oauth = /"error":"temporarily_unavailable"/;
const html = /<!doctype html>[\s\S]*temporarily unavailable/i;

/** One request for each error format and each special route: service, path, request, and expected body. */
const requests: readonly [Service, string, RequestInit, RegExp][] = [
  ['api', '/oauth2/token', form({ ...code, client_secret: 's' }), oauth],
  ['api', `/oauth2/authorize?${authorize}`, browser, oauth],
  ['api', '/oauth2/userinfo', bearer, oauth],
  [
    'api',
    '/oauth2/token',
    form({
      grant_type: 'client_credentials',
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: jws,
    }),
    oauth,
  ],
  ['api', '/oauth2.1/token', form({ ...code, client_secret: 's' }), oauth],
  ['api', '/oauth2.1/par', form({ client_id: 'a', client_secret: 's' }), oauth],
  ['api', '/oauth2.1/revoke', form({ client_id: 'a', client_secret: 's', token: 't' }), oauth],
  ['api', '/oauth2-mock/token', form({ ...code, client_secret: 's' }), oauth],
  [
    'api',
    '/personal-demographics/FHIR/R4/Patient/9000000009',
    { headers: { ...bearer.headers, 'x-request-id': crypto.randomUUID() } },
    /"OperationOutcome"[\s\S]*"SERVICE_UNAVAILABLE"/,
  ],
  ['api', '/hello-world/hello/user', bearer, /"fault":[\s\S]*ServiceUnavailable/],
  ['cis2', `${realmPath}/authorize?${authorize}`, browser, html],
  ['cis2', `${realmPath}/access_token`, form({ ...code, client_secret: 's' }), oauth],
  ['cis2', `${realmPath}/userinfo`, bearer, oauth],
  ['cis2', `${realmPath}/par`, form({ client_id: 'a', client_secret: 's' }), oauth],
  ['cis2', `${realmPath}/introspect`, form({ client_id: 'a', client_secret: 's', token: 't' }), oauth],
  ['cis2', '/agent/return?code=c', { ...browser, headers: { ...browser.headers, cookie: 'a=b' } }, html],
  ['api', '/mock-jwks/eyJrZXlzIjpbXX0', { headers: { apikey: 'k' } }, /"fault"/],
  ['console', '/api/v1/applications', {}, oauth],
  ['console', '/api/v1/events', {}, oauth],
];

const send = (service: Service, path: string, request: RequestInit) => fetch(urlOf(service, path), request);

const urlOf = (service: Service, path: string): string => {
  const { api, cis2Issuer, cis, console } = instance.urls;
  return { api, cis2: new URL(cis2Issuer).origin, cis, console }[service] + path;
};

describe('an instance without its database', () => {
  test("returns 503 with Retry-After in each endpoint's format, and works again afterwards", async () => {
    proxy.refuse();
    for (const [service, path, request, body] of requests) {
      const answer = await send(service, path, request);
      const text = await answer.text();
      const name = `${service} ${path}`;
      assert.deepEqual([name, answer.status], [name, 503], text);
      assert.equal(answer.headers.get('retry-after'), '2', name);
      assert.match(text, body, name);
    }
    proxy.accept();
    for (const [service, path, request] of requests) {
      const answer = await send(service, path, request);
      await answer.text();
      assert.ok(answer.status < 500, `${service} ${path}: ${answer.status}`);
    }
  });

  test('is not ready, and is ready again afterwards', async () => {
    const ready = async () => {
      const answers = await Promise.all(
        (['api', 'cis2', 'cis', 'console'] as const).map((service) => send(service, '/readyz', {})),
      );
      return answers.map(({ status }) => status);
    };
    // On a loaded machine, a database may take longer to connect than a probe waits. The runner ends a test that hangs.
    const untilReady = async () => {
      while ((await ready()).some((status) => status !== 200));
    };
    await untilReady();
    proxy.refuse();
    assert.deepEqual(await ready(), [503, 503, 503, 503]);
    proxy.accept();
    await untilReady();
  });
});
