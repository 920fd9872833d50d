import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { json } from '@alongside/kernel/answer';
import { createListener, type Listener } from '@alongside/kernel/http';
import { silentLog } from '@alongside/kernel/log';
import { startConsole, startTime, type TestConsole } from '../testing/console.ts';

let console_: TestConsole;
const api = (method: string, path: string, body?: unknown, headers = {}) =>
  console_.send(`/api/v1${path}`, { method, json: body, headers });

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
  const clock = (method: string, body?: unknown) => moving.send('/api/v1/clock', { method, json: body });

  test('moves by seconds in every process and at CIS', async () => {
    const { status, body } = await clock('PUT', { advance: 90.5 });
    assert.equal(status, 200);
    assert.deepEqual(body, { now: new Date(startTime + 90_500).toISOString(), offsetSeconds: 90.5 });
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
    const { status, body } = await api('PUT', '/clock', { advance: 5 });
    assert.equal(status, 200);
    assert.match(String(body.warnings), /CIS does not respond/);
    await api('DELETE', '/clock');
  });
});
