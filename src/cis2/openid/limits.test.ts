import assert from 'node:assert/strict';
import http from 'node:http';
import { after, before, describe, test } from 'node:test';
import type { Cis2Registration } from '../../oauth/applications.ts';
import { Browser, send } from '../testing/browser.ts';
import { type Instance, secret, startInstance } from '../testing/instance.ts';

// A request that is too large is refused before any lookup.
let cis2: Instance;
let client: Cis2Registration;
before(async () => {
  cis2 = await startInstance();
  client = await cis2.register();
});
after(() => cis2.stop());

const type = { 'content-type': 'application/x-www-form-urlencoded' };
const posted = [
  '/authorize',
  '/access_token',
  '/userinfo',
  '/connect/endSession',
  '/token/revoke',
  '/introspect',
  '/par',
];
const many = (count: number) => Array.from({ length: count }, (_, i) => `p${i}=1`).join('&');

describe('a body over 64 KiB', () => {
  for (const path of posted)
    test(`gets 413 at ${path}`, async () => {
      const reply = await send('POST', `${cis2.issuer}${path}`, type, `x=${'x'.repeat(65_536)}`);
      assert.equal(reply.status, 413);
    });
  test('is refused before it has been sent', async () => {
    const status = await new Promise<number>((resolve, reject) => {
      const headers = { ...type, 'content-length': 10_000_000 };
      const call = http.request(`${cis2.issuer}/access_token`, { method: 'POST', headers });
      call.on('response', (response) => {
        resolve(response.statusCode ?? 0);
        call.destroy();
      });
      call.on('error', reject);
      call.write('x'.repeat(1_000));
    });
    assert.equal(status, 413);
  });
});

describe('more than 100 parameters', () => {
  for (const path of ['/access_token', '/token/revoke', '/introspect', '/par'])
    test(`get 400 at ${path}`, async () => {
      const reply = await send('POST', `${cis2.issuer}${path}`, type, many(101));
      assert.deepEqual([reply.status, JSON.parse(reply.body).error], [400, 'invalid_request']);
    });
  for (const path of ['/authorize', '/connect/endSession'])
    test(`get 400 at ${path}, by GET and POST`, async () => {
      for (const reply of [
        await send('GET', `${cis2.issuer}${path}?${many(101)}`),
        await send('POST', `${cis2.issuer}${path}`, type, many(101)),
      ])
        assert.equal(reply.status, 400);
    });
  test('get 400 also for ten thousand in 64 KiB', async () => {
    const reply = await send('POST', `${cis2.issuer}/access_token`, type, 'a&'.repeat(10_000));
    assert.equal(reply.status, 400);
  });
  test('are refused from the 101st on', async () => {
    const address = cis2.authorizeUrl(client, { prompt: 'none' });
    const have = new URL(address).searchParams.size;
    const reply = await send('GET', `${address}&${many(100 - have)}`);
    assert.equal(new URL(reply.location).searchParams.get('error'), 'login_required');
  });
});

describe('a header block over 16 KiB', () => {
  for (const path of ['/authorize', '/access_token', '/userinfo', '/.well-known/openid-configuration'])
    test(`gets 431 at ${path}`, async () => {
      const reply = await send('GET', `${cis2.issuer}${path}`, { 'x-filler': 'x'.repeat(17_000) });
      assert.equal(reply.status, 431);
    });
  test('is avoided by a pushed request', async () => {
    const standard = await cis2.register({ profile: 'standard' });
    const claims = JSON.stringify({ userinfo: { name: { values: ['x'.repeat(8_000)] } } });
    const values = { ...Object.fromEntries(new URL(cis2.authorizeUrl(standard)).searchParams), claims };
    const pushed = await new Browser().post(`${cis2.issuer}/par`, { ...values, client_secret: secret });
    assert.equal(pushed.status, 201, pushed.body);
    const begin = new URLSearchParams({ client_id: standard.clientId, ...JSON.parse(pushed.body) });
    assert.equal((await send('GET', `${cis2.issuer}/authorize?${begin}`)).status, 302);
  });
});
