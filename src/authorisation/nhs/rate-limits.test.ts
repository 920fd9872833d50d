import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { RateLimits } from '../../oauth/products.ts';
import { applicationOf } from '../testing/applications.ts';
import { assertError, authorizeRequest, codeRequest } from '../testing/journeys.ts';
import { type Platform, startPlatform } from '../testing/platform.ts';

describe('rate limits and message ids', () => {
  let platform: Platform;
  before(async () => {
    platform = await startPlatform();
  });
  after(() => platform.close());

  describe('rate limits', () => {
    const limited = (id: string, ratelimiting: object) =>
      platform.applications.add(
        applicationOf(id, { attributes: { ratelimiting: JSON.stringify({ oauth2: ratelimiting }) } }),
      );

    /** A request that proves who sends it, and gets no tokens. */
    const proven = (platform: Platform, id: string, change: Record<string, string | undefined> = {}) =>
      platform.post('/oauth2/token', codeRequest('x', id, change));

    test('refuses the fourth authenticated request in a minute before other checks', async () => {
      await limited('slow', { quota: { enabled: true, limit: 3, interval: 1, timeunit: 'minute' } });
      for (let n = 0; n < 3; n++) assert.equal((await proven(platform, 'slow')).body.error, 'invalid_grant');
      const text =
        'Your application, The slow application, has exceeded its quota of 3 requests every 1 minute(s) and is being rate limited.';
      const fourth = await platform.get(
        '/oauth2/authorize',
        authorizeRequest('slow', { redirect_uri: undefined }),
      );
      await assertError(platform, fourth, 429, 'ratelimit_exceeded', text);
      assert.equal(fourth.headers.get('retry-after'), '60');
      const wrong = await proven(platform, 'slow', { client_secret: 'wrong' });
      await assertError(platform, wrong, 429, 'ratelimit_exceeded', text);
      await assertError(platform, await proven(platform, 'slow'), 429, 'ratelimit_exceeded', text);
      assert.equal((await platform.get('/oauth2/authorize', authorizeRequest())).status, 302);
      assert.equal((await platform.get('/oauth2-mock/authorize', authorizeRequest('slow'))).status, 302);
      platform.clock.advance(60);
      assert.equal((await platform.get('/oauth2/authorize', authorizeRequest('slow'))).status, 302);
    });

    test('admits one authenticated request every 200 ms with the spike arrest', async () => {
      const spikeArrest = { enabled: true, ratelimit: '300pm' };
      await limited('spiky', {
        quota: { enabled: false, limit: 1, interval: 1, timeunit: 'minute' },
        spikeArrest,
      });
      assert.equal((await proven(platform, 'spiky')).status, 400);
      for (const second of [
        await platform.get('/oauth2/authorize', authorizeRequest('spiky')),
        await proven(platform, 'spiky'),
      ]) {
        await assertError(
          platform,
          second,
          429,
          'ratelimit_exceeded',
          'Your application, The spiky application, has created a spike in traffic and is being rate limited. Please reduce the frequency of your requests.',
        );
        assert.equal(second.headers.get('retry-after'), '1');
      }
      platform.clock.advance(0.2);
      assert.equal((await platform.get('/oauth2/authorize', authorizeRequest('spiky'))).status, 302);
      assert.equal((await proven(platform, 'spiky')).status, 400);
    });

    describe('limits of all clients at one base path', () => {
      const busyText = 'This API is currently receiving a high volume of requests and is being rate limited.';
      const rows: [string, RateLimits, string][] = [
        ['quota', { quota: { enabled: true, limit: 2, interval: 1, timeunit: 'minute' } }, '60'],
        ['spike arrest', { spikeArrest: { enabled: true, ratelimit: '60pm' } }, '1'],
      ];
      for (const [name, limits, wait] of rows)
        test(name, async () => {
          const busy = await startPlatform({ base: { limits } });
          const allowed = limits.quota?.limit ?? 1;
          for (let n = 0; n < allowed; n++) assert.equal((await proven(busy, 'combined')).status, 400);
          for (const refused of [
            await proven(busy, 'other'),
            await busy.get('/oauth2/authorize', authorizeRequest('other')),
          ]) {
            await assertError(busy, refused, 429, 'ratelimit_exceeded', busyText);
            assert.equal(refused.headers.get('retry-after'), wait);
          }
          // Each base path counts by itself, and nothing is counted for an unknown client.
          assert.equal((await busy.get('/oauth2-mock/authorize', authorizeRequest('combined'))).status, 302);
          assert.equal((await busy.get('/oauth2/authorize', { client_id: 'nobody' })).status, 401);
          busy.clock.advance(60);
          assert.equal((await proven(busy, 'other')).status, 400);
          await busy.close();
        });
    });

    test('applies the published default of 300 a minute', async () => {
      const product = { name: 'usual', apis: ['oauth2'], scopes: [], limits: {} };
      await platform.products.save(product);
      await platform.applications.add(
        applicationOf('usual', { products: [{ name: 'usual', status: 'approved' }] }),
      );
      const statuses: number[] = [];
      for (let n = 0; n < 301; n++) statuses.push((await proven(platform, 'usual')).status);
      assert.deepEqual([statuses.filter((status) => status === 400).length, statuses.at(-1)], [300, 429]);
    });
  });

  test('finds expected and received values by the message id', async () => {
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
    assert.equal(reason?.messageId, one.body.message_id);
    assert.equal(reason?.at, new Date(platform.clock.now()).toISOString());
    assert.equal(reason?.error, 'authorisation.redirectUnknown');
    assert.equal(reason?.detail, 'https://wrong.test/ came, registered are: https://combined.test/callback');
    assert.equal(reason?.path, '/oauth2/authorize');
    platform.clock.advance(8 * 86_400);
    await platform.refusals.sweep();
    assert.equal(await platform.refusals.find(one.body.message_id), undefined);
  });
});
