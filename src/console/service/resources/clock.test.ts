import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { json } from '@alongside/kernel/answer';
import { AdjustableClock } from '@alongside/kernel/clock';
import { createListener, type Listener } from '@alongside/kernel/http';
import { silentLog } from '@alongside/kernel/log';
import { sql } from '../../../storage/database.ts';
import { startConsole, startTime, type TestConsole } from '../../testing/console.ts';

let console_: TestConsole;

before(async () => {
  console_ = await startConsole();
});
after(() => console_.close());

describe('/clock', () => {
  let told: unknown[];
  let cis: Listener;
  let moving: TestConsole;
  before(async () => {
    cis = createListener(
      [
        {
          methods: ['POST'],
          path: '/clock-moved',
          endpoint: async ({ body, headers }) => {
            told.push([headers.authorization, JSON.parse(body)]);
            return json(200, {});
          },
        },
      ],
      { name: 'cis', log: silentLog },
    );
    const port = await cis.listen(0);
    moving = await startConsole({ cis: { url: `http://127.0.0.1:${port}`, secret: 'of-the-console' } });
  });
  after(async () => {
    await moving.close();
    await cis.close();
  });
  beforeEach(async () => {
    told = [];
    await moving.send('/api/v1/clock', { method: 'DELETE' });
    told = [];
  });
  const clock = (method: string, body?: unknown, path = '') =>
    moving.send(`/api/v1/clock${path}`, { method, json: body });

  test('moves by seconds in every process and at CIS', async () => {
    const { status, body } = await clock('PUT', { advance: 90.5 });
    assert.equal(status, 200);
    const time = new Date(startTime + 90_500).toISOString();
    assert.deepEqual(body, { now: time, offsetSeconds: 90.5, frozen: false, lagging: [] });
    assert.deepEqual((await clock('GET')).body, body);
    assert.equal(await moving.settings.get('clock.offset'), '90500');
    assert.equal(moving.clock.now(), startTime + 90_500);
    assert.deepEqual(told, [['Bearer of-the-console', { bySeconds: 90.5 }]]);
  });

  test('moves relative to its offset, to a time, and back', async () => {
    await clock('PUT', { advance: 60 });
    assert.equal((await clock('PUT', { advance: -10 })).body.offsetSeconds, 50);
    assert.equal((await clock('PUT', { set: '2030-01-01T00:00:00Z' })).body.now, '2030-01-01T00:00:00.000Z');
    assert.equal((await clock('DELETE')).body.offsetSeconds, 0);
    assert.equal(await moving.settings.get('clock.offset'), '0');
    assert.deepEqual(told.length, 4);
  });

  test('stands still at a time, also in another process, and runs again from there', async () => {
    const { body } = await clock('PUT', { set: '2030-01-01T00:00:00Z', freeze: true });
    assert.equal(body.frozen, true);
    moving.base.advance(3_600);
    assert.equal((await clock('GET')).body.now, '2030-01-01T00:00:00.000Z');
    const other = new AdjustableClock(moving.base);
    await moving.settings.readClock(other);
    assert.equal(other.now(), moving.clock.now());
    assert.equal((await clock('PUT', { advance: 60 })).body.now, '2030-01-01T00:01:00.000Z');
    assert.equal((await clock('PUT', { freeze: false })).body.frozen, false);
    moving.base.advance(60);
    assert.equal((await clock('GET')).body.now, '2030-01-01T00:02:00.000Z');
    // CIS hears of moves only: neither of the pause nor of its end.
    assert.equal(told.length, 2);
  });

  test('counts what a move would end, and moves nothing', async () => {
    const { database } = moving;
    const at = (by: number) => moving.clock.now() + by * 1_000;
    const certificate =
      "INSERT INTO certificate (serial, uid, card_serial, purpose, not_before, not_after) VALUES (?, '1', 'c', 'signing', 0, ?)";
    await database.run(sql(certificate, 'a1', at(3_000)));
    await database.run(sql(certificate, 'a2', at(9_000)));
    const code =
      "INSERT INTO single_use (kind, hash, payload, created_at, expires_at) VALUES (?, 'h', '', 0, ?)";
    for (const kind of ['authorisation-code', 'cis2-code', 'challenge'])
      await database.run(sql(code, kind, at(60)));
    const effects = async (query: string) => (await clock('GET', undefined, `/effects?${query}`)).body;
    const { ends, now } = await effects('advance=3600');
    assert.equal(now, new Date(at(3_600)).toISOString());
    const none = {
      deskSessions: 0,
      sessions: 0,
      codes: 0,
      accessTokens: 0,
      refreshTokens: 0,
      certificates: 0,
    };
    assert.deepEqual(ends, { ...none, codes: 2, certificates: 1 });
    assert.deepEqual((await effects('advance=-3600')).ends, none);
    assert.deepEqual((await effects(`set=${new Date(at(90)).toISOString()}`)).ends, { ...none, codes: 2 });
    assert.equal((await clock('GET')).body.now, new Date(at(0)).toISOString());
    assert.equal((await clock('GET', undefined, '/effects')).status, 400);
    assert.equal((await clock('GET', undefined, '/effects?advance=soon')).status, 400);
  });

  for (const body of [
    {},
    { advance: 1, set: '2030-01-01T00:00:00Z' },
    { advance: '1' },
    { set: 'tomorrow' },
    { advance: 1e12 },
    { jump: 1 },
  ])
    test(`refuses ${JSON.stringify(body)}`, async () => {
      assert.equal((await clock('PUT', body)).status, 400);
      assert.equal(moving.clock.offset, 0);
    });

  test('warns if CIS does not respond', async () => {
    const { status, body } = await console_.api('PUT', '/clock', { advance: 5 });
    assert.equal(status, 200);
    assert.match(JSON.stringify(body.lagging), /"Sessions at workstations".*CIS does not respond/);
    await console_.api('DELETE', '/clock');
  });
});
