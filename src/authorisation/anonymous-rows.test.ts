import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { networkLimits } from '../oauth/network-limit.ts';
import { sql } from '../storage/database.ts';
import { authorizeRequest } from './testing/journeys.ts';
import type { Reply } from './testing/platform.ts';
import { type StandardClient, startStandardClient } from './testing/standard.ts';

describe('rows that browsers and public clients create before a sign-in', () => {
  const perMinute = 3;
  let client: StandardClient;
  before(async () => {
    client = await startStandardClient({ more: { networkLimits: networkLimits.parse({ rows: perMinute }) } });
  });
  after(() => client.platform.close());
  beforeEach(() => client.platform.clock.advance(60));

  const from = (address: string) => ({ 'x-forwarded-for': address });
  const rows = async (): Promise<number> => {
    const counted = await client.platform.database.get<{ total: number }>(
      sql("SELECT COUNT(*) AS total FROM single_use WHERE kind NOT LIKE 'network-%'"),
    );
    return Number(counted?.total);
  };
  const calls: [string, number, (address: string) => Promise<Reply>][] = [
    [
      '/oauth2/authorize',
      302,
      (address) => client.platform.get('/oauth2/authorize', authorizeRequest(), from(address)),
    ],
    [
      '/oauth2.1/authorize',
      302,
      (address) => client.platform.get('/oauth2.1/authorize', client.requestOf('native'), from(address)),
    ],
    [
      '/oauth2.1/par of a public client',
      201,
      (address) => client.platform.post('/oauth2.1/par', client.requestOf('native'), from(address)),
    ],
  ];
  for (const [name, status, call] of calls)
    test(`are refused at ${name} beyond the limit of a network only`, async () => {
      for (let n = 0; n < perMinute; n += 1) assert.equal((await call(`2001:db8:2:1::${n}`)).status, status);
      const before = await rows();
      const refused = await call('2001:db8:2:1::9');
      assert.deepEqual([refused.status, refused.body.error], [429, 'ratelimit_exceeded'], refused.text);
      assert.equal(await rows(), before);
      assert.equal((await call('2001:db8:2:2::1')).status, status);
    });

  test('are not counted at /oauth2.1/par for an authenticated client', async () => {
    for (let n = 0; n <= perMinute; n += 1) {
      const form = { ...client.requestOf('web'), ...(await client.credentials('web')) };
      assert.equal((await client.platform.post('/oauth2.1/par', form, from('192.0.2.3'))).status, 201);
    }
  });
});
