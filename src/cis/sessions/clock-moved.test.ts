import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { paths } from '../protocol.ts';
import { issueCard } from '../testing/cards.ts';
import { startCis, type TestCis, uids } from '../testing/cis.ts';
import { Desk } from '../testing/desk.ts';

describe('POST /clock-moved', () => {
  let cis: TestCis;
  let desk: Desk;
  beforeEach(async () => {
    cis = await startCis();
    desk = new Desk(cis);
    await desk.signIn(await issueCard(cis, uids.gp));
    await desk.sayPresent();
  });
  afterEach(() => cis.close());

  const tell = (bySeconds: number) => cis.call(paths.clockMoved, { body: { bySeconds }, as: 'console' });
  const state = async () => (await cis.call(paths.session(desk.sessionId), { as: 'cis2' })).body;
  const present = async () => {
    const { body } = await cis.call(`${paths.presence}?address=127.0.0.1`, { as: 'cis2' });
    return (body.agents as unknown[]).length;
  };

  for (const order of ['after it', 'before it']) {
    test(`keeps a live session and its remaining idle time, called ${order}`, async () => {
      cis.clock.advance(100);
      if (order === 'after it') cis.clock.advance(3 * 3_600);
      assert.equal((await tell(3 * 3_600)).status, 204);
      if (order === 'before it') cis.clock.advance(3 * 3_600);
      assert.equal((await state()).active, true);
      assert.equal(await present(), 1);
      cis.clock.advance(139);
      assert.equal(await present(), 1);
      cis.clock.advance(1);
      assert.equal(await present(), 0);
      cis.clock.advance(359);
      assert.equal((await state()).active, true);
      cis.clock.advance(1);
      assert.equal((await state()).active, false);
    });

    test(`keeps a session live but not for ever after the clock is set back, called ${order}`, async () => {
      cis.clock.advance(100);
      if (order === 'after it') cis.clock.advance(-3_600);
      assert.equal((await tell(-3_600)).status, 204);
      if (order === 'before it') cis.clock.advance(-3_600);
      assert.equal((await state()).active, true);
      assert.equal(await present(), 1);
      assert.equal((await desk.heartbeat()).status, 200);
      cis.clock.advance(600);
      assert.equal((await state()).active, false);
    });
  }

  test('ends a session after ten hours all the same, in the sweep of the call', async () => {
    cis.clock.advance(36_000);
    await tell(36_000);
    const [event] = await cis.events('cis.session-ended');
    assert.equal(event?.detail.cause, 'expired');
    assert.deepEqual([(await state()).active, (await state()).endCause], [false, 'expired']);
  });

  test('leaves an expired session expired', async () => {
    cis.clock.advance(601);
    cis.clock.advance(3_600);
    await tell(3_600);
    assert.equal((await state()).active, false);
    assert.equal(await present(), 0);
  });

  test('accepts only well-formed calls of the console', async () => {
    assert.equal((await cis.call(paths.clockMoved, { body: { bySeconds: 1 } })).status, 401);
    assert.equal((await cis.call(paths.clockMoved, { body: { bySeconds: 1 }, as: 'cis2' })).status, 403);
    for (const bySeconds of ['1', null, 1e300]) {
      assert.equal((await cis.call(paths.clockMoved, { body: { bySeconds }, as: 'console' })).status, 400);
    }
  });
});
