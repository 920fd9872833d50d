import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { applicationOf } from '../testing/applications.ts';
import { authorizeRequest, codeRequest } from '../testing/journeys.ts';
import { type Platform, type Reply, startPlatform } from '../testing/platform.ts';

/** Documentation addresses (RFC 5737, RFC 3849); the test's proxy is trusted. */
const attacker = { 'x-forwarded-for': '198.51.100.7' };
const elsewhere = { 'x-forwarded-for': '203.0.113.9' };

const limited = (quota: number) => ({
  attributes: {
    ratelimiting: JSON.stringify({
      app: { quota: { enabled: true, limit: quota, interval: 1, timeunit: 'minute' } },
    }),
  },
});

/** Sends this many requests, a few at a time, and counts the statuses. */
async function flood(times: number, send: (n: number) => Promise<Reply>): Promise<Record<number, number>> {
  const statuses: Record<number, number> = {};
  for (let sent = 0; sent < times; sent += 20)
    for (const { status } of await Promise.all(Array.from({ length: 20 }, (_, n) => send(sent + n))))
      statuses[status] = (statuses[status] ?? 0) + 1;
  return statuses;
}

describe('unproven requests', () => {
  let folder: string;
  let platforms: [Platform, Platform];
  // Two services over one database are what two processes have.
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'alongside-unproven-'));
    const database = `sqlite:${join(folder, 'unproven.db')}`;
    const first = await startPlatform({
      database,
      more: { networkLimits: { requests: 60, failures: 200, rows: 6_000 } },
    });
    const second = await startPlatform({
      database,
      beside: first,
      more: { networkLimits: { requests: 60, failures: 200, rows: 6_000 } },
    });
    platforms = [first, second];
    await first.applications.add(applicationOf('small', limited(30)));
    await first.applications.add(applicationOf('small-web', { profile: 'standard', ...limited(30) }));
    await first.applications.add(
      applicationOf('small-native', {
        profile: 'standard',
        applicationType: 'native',
        tokenEndpointAuthMethod: 'none',
        secrets: [],
        ...limited(30),
      }),
    );
  });
  after(async () => {
    await platforms[1].close();
    await platforms[0].close();
    rmSync(folder, { recursive: true });
  });
  const eitherOf = (n: number): Platform => platforms[n % 2] as Platform;

  for (const [base, id, wrongSecrets] of [
    ['/oauth2', 'small', 1_000],
    ['/oauth2.1', 'small-web', 240],
  ] as const) {
    test(`${wrongSecrets} wrong secrets at ${base}/token over two processes leave the application its quota`, async () => {
      for (const platform of platforms) platform.clock.advance(60);
      const wrong = codeRequest('x', id, { client_secret: 'wrong' });
      const statuses = await flood(wrongSecrets, (n) => eitherOf(n).post(`${base}/token`, wrong, attacker));
      assert.deepEqual(statuses, { 401: 200, 429: wrongSecrets - 200 });
      for (const from of [elsewhere, attacker]) {
        const own = await platforms[0].post(`${base}/token`, codeRequest('x', id), from);
        assert.deepEqual([own.status, own.body.error], [400, 'invalid_grant']);
      }
    });

    test(`anonymous requests at ${base}/authorize count only for their network`, async () => {
      for (const platform of platforms) platform.clock.advance(60);
      const request = authorizeRequest(id, {
        code_challenge: 'A'.repeat(43),
        code_challenge_method: 'S256',
      });
      const statuses = await flood(100, (n) => eitherOf(n).get(`${base}/authorize`, request, attacker));
      assert.deepEqual(statuses, { 302: 60, 429: 40 });
      assert.equal((await platforms[0].get(`${base}/authorize`, request, elsewhere)).status, 302);
      const own = await platforms[1].post(`${base}/token`, codeRequest('x', id), attacker);
      assert.deepEqual([own.status, own.body.error], [400, 'invalid_grant']);
    });
  }

  test('a public client has a separate quota for each network', async () => {
    const form = codeRequest('x', 'small-native', { client_secret: undefined });
    for (const path of ['/oauth2.1/token', '/oauth2.1/revoke']) {
      for (const platform of platforms) platform.clock.advance(60);
      const send = (n: number, from: Record<string, string>) =>
        eitherOf(n).post(path, { ...form, token: 'x' }, from);
      const statuses = await flood(40, (n) => send(n, { 'x-forwarded-for': `2001:db8:0:1::${n + 1}` }));
      assert.equal(statuses[429], 10);
      assert.notEqual((await send(0, { 'x-forwarded-for': '2001:db8:0:2::1' })).status, 429);
    }
  });

  test('forged assertions, unknown clients, introspection and pushed requests count as failures of the network', async () => {
    for (const platform of platforms) platform.clock.advance(60);
    const wrong = { client_id: 'key-of-small-web', client_secret: 'wrong', token: 'x' };
    const sends: ((n: number) => Promise<Reply>)[] = [
      (n) => eitherOf(n).post('/oauth2.1/introspect', wrong, attacker),
      (n) => eitherOf(n).post('/oauth2.1/par', wrong, attacker),
      (n) => eitherOf(n).post('/oauth2.1/revoke', wrong, attacker),
      (n) => eitherOf(n).post('/oauth2/token', codeRequest('x', 'nobody'), attacker),
    ];
    const statuses = await flood(240, (n) => (sends[n % 4] as (n: number) => Promise<Reply>)(n));
    assert.deepEqual(statuses, { 401: 200, 429: 40 });
    const refused = await platforms[0].post('/oauth2.1/token', wrong, attacker);
    assert.deepEqual(
      [refused.status, refused.body.error, refused.headers.get('retry-after')],
      [429, 'ratelimit_exceeded', '60'],
    );
  });

  test('forwarded addresses from a client do not change its network', async () => {
    for (const platform of platforms) platform.clock.advance(60);
    const request = authorizeRequest('small');
    const statuses = await flood(100, (n) =>
      eitherOf(n).get('/oauth2/authorize', request, {
        'x-forwarded-for': `203.0.113.${n % 250}, 198.51.100.7`,
      }),
    );
    assert.deepEqual(statuses, { 302: 60, 429: 40 });
  });
});
