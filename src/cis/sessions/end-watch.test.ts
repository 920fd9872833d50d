import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { type Database, sql } from '../../storage/database.ts';
import { openDatabase } from '../../storage/dialects.ts';
import { paths } from '../protocol.ts';
import { issueCard, type TestCard } from '../testing/cards.ts';
import { startCis, type TestCis, uids } from '../testing/cis.ts';
import { Desk } from '../testing/desk.ts';

describe('GET /sessions/{id}/end', () => {
  let cis: TestCis;
  let database: Database;
  let card: TestCard;
  let desk: Desk;
  before(async () => {
    database = await openDatabase(':memory:', '');
    cis = await startCis({ database });
    card = await issueCard(cis, uids.gp);
  });
  beforeEach(async () => {
    desk = new Desk(cis);
    await desk.signIn(card);
  });
  after(async () => {
    await cis.close();
    await database.close();
  });

  const end = () => desk.sessionCall('GET', paths.end(desk.sessionId));

  test('returns the cause administrator when the card is revoked', async () => {
    const waiting = end();
    // Two calls on their way may overtake each other: either order gives the same answer but for its status.
    const revoked = await cis.call(`/cards/${card.serial}/revoke`, {
      body: { actor: uids.admin, reason: 'keyCompromise' },
      as: 'console',
    });
    assert.equal(revoked.status, 200, JSON.stringify(revoked.body));
    const { status, body } = await waiting;
    if (status === 410) assert.deepEqual([body.error, body.cause], ['session_ended', 'administrator']);
    else assert.deepEqual([status, body], [200, { endCause: 'administrator' }]);
    card = await issueCard(cis, uids.gp);
  });

  test('returns an end that another process stored', async () => {
    const waiting = end();
    await database.run(
      sql(
        "UPDATE cis_session SET ended_at = ?, end_cause = 'disabled' WHERE id = ?",
        cis.clock.now(),
        desk.sessionId,
      ),
    );
    const { status, body } = await waiting;
    assert.ok(
      (status === 200 && body.endCause === 'disabled') || (status === 410 && body.cause === 'disabled'),
    );
  });

  test('ends an earlier call when a later one arrives', async () => {
    const first = end();
    // The call that arrives later ends the other with null.
    const later = end();
    const { status, body } = await Promise.race([first, later]);
    assert.deepEqual([status, body], [200, { endCause: null }]);
    await desk.sessionCall('DELETE', paths.session(desk.sessionId), { cause: 'signedOut' });
    const bodies = [(await first).body, (await later).body];
    assert.deepEqual(
      bodies.map(({ endCause }) => endCause).sort((a, b) => (a === b ? 0 : a === null ? -1 : 1)),
      [null, 'signedOut'],
    );
  });

  test('refuses callers without the session key', async () => {
    assert.equal((await cis.call(paths.end(desk.sessionId))).status, 401);
    assert.equal((await cis.call(paths.end(desk.sessionId), { as: 'cis2' })).status, 401);
    const stranger = new Desk(cis);
    stranger.sessionId = desk.sessionId;
    assert.equal((await stranger.sessionCall('GET', paths.end(desk.sessionId))).status, 401);
  });

  test('responds at once for an ended session, and with 404 for an unknown one', async () => {
    await desk.sessionCall('DELETE', paths.session(desk.sessionId), { cause: 'cardRemoved' });
    const { status, body } = await end();
    assert.deepEqual([status, body.error, body.cause], [410, 'session_ended', 'cardRemoved']);
    desk.sessionId = 'x'.repeat(32);
    assert.equal((await end()).status, 404);
  });

  test('does not delay the listener that closes', async () => {
    const other = await startCis();
    const there = new Desk(other);
    await there.signIn(await issueCard(other, uids.nurse));
    const waiting = there.sessionCall('GET', paths.end(there.sessionId)).catch(() => undefined);
    await there.heartbeat();
    await other.close();
    await waiting;
  });
});
