import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { ManualClock } from '@alongside/kernel/clock';
import { Vault } from '@alongside/kernel/secrets';
import { AuditLog } from '../../storage/audit.ts';
import type { Database, Statement } from '../../storage/database.ts';
import { openDatabase } from '../../storage/dialects.ts';
import { SingleUse } from '../../storage/single-use.ts';
import { Directory } from '../directory/directory.ts';
import { seed } from '../directory/seed.ts';
import { startTime, uids } from '../testing/cis.ts';
import { type Session, sessionLimits } from './session.ts';
import { Sessions } from './sessions.ts';

const month = 31 * 86_400;

describe('Sessions', () => {
  let database: Database;
  let clock: ManualClock;
  let sessions: Sessions;
  /** The audit record of each act here. */
  let record: Statement;
  before(async () => {
    database = await openDatabase(':memory:', '');
    await seed(database);
    clock = new ManualClock(startTime);
    sessions = new Sessions(database, new SingleUse(database, clock), clock, () => []);
    const audit = new AuditLog(database, clock, new Vault(Buffer.alloc(32)));
    record = audit.recordStatement({ action: 'cis.sign-in', outcome: 'ok', actor: uids.gp });
  });
  after(() => database.close());

  const session = (id: string, agentId: string): Session => ({
    id,
    uid: uids.gp,
    agentId,
    cardSerial: '1',
    sessionKey: { kty: 'EC' },
    generation: 'hscn',
    mode: 'normal',
    roleId: null,
    createdAt: clock.now(),
    pinAt: clock.now(),
    heartbeatAt: clock.now(),
    endsAt: clock.now() + sessionLimits.absolute,
    endedAt: null,
    endCause: null,
  });

  test('returns a session as it was stored', async () => {
    assert.deepEqual(await sessions.open(session('a', 'desk-a'), 1, record), []);
    assert.deepEqual(await sessions.find('a'), session('a', 'desk-a'));
    assert.equal(await sessions.find('b'), undefined);
  });

  test('opens no session, and ends none, for a person that changed in between', async () => {
    await new Directory(database).change(uids.gp, { disabled: true }, undefined, () => [record]);
    assert.equal(await sessions.open(session('c', 'desk-a'), 1, record), undefined);
    assert.equal(await sessions.find('c'), undefined);
    assert.equal((await sessions.find('a'))?.endedAt, null);
  });

  test('ends a session for exactly one caller', async () => {
    const ends = await Promise.all([
      sessions.end('a', 'signedOut'),
      sessions.end('a', 'cardRemoved'),
      sessions.expire('a'),
    ]);
    assert.equal(ends[0]?.endCause, 'signedOut');
    assert.deepEqual(ends.slice(1), [undefined, []]);
    assert.deepEqual(
      [
        await sessions.heard('a'),
        await sessions.chooseRole('a', null, record),
        await sessions.pinGiven('a', '2', record),
      ],
      [false, false, false],
    );
  });

  test('removes ended sessions after a month, and no live ones', async () => {
    await sessions.open(session('d', 'desk-d'), 2, record);
    clock.advance(month);
    await sessions.forget();
    assert.equal(await sessions.find('a'), undefined);
    assert.equal((await sessions.find('d'))?.id, 'd');
  });
});
