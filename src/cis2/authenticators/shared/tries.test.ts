import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { ManualClock } from '@alongside/kernel/clock';
import { bothDialects } from '../../../../test/testing/dialects.ts';
import { type Database, sql } from '../../../storage/database.ts';
import { openDatabase } from '../../../storage/dialects.ts';
import { SingleUse } from '../../../storage/single-use.ts';
import { TabletRequests } from '../tablet/requests.ts';
import { Allowance } from '../totp/guesses.ts';
import { guesses, Tries } from './tries.ts';

// Two connections to one database simulate two processes.
const settings = bothDialects();
for (const [dialect, setting] of settings)
  describe(dialect, () => {
    const clock = new ManualClock(1_800_000_000_000);
    let databases: [Database, Database];
    before(async () => {
      const where = await setting();
      databases = [await openDatabase(where, ''), await openDatabase(where, '')];
    });
    after(async () => {
      for (const database of databases) await database.close();
    });

    test('allows five of forty concurrent guesses in two processes', async () => {
      const [one, two] = databases.map((database) => guesses(database, clock, 'test')) as [Tries, Tries];
      const taken = await Promise.all(
        Array.from({ length: 40 }, (_, index) => (index % 2 === 0 ? one : two).take('ada')),
      );
      assert.deepEqual(taken.filter((number) => number !== undefined).sort(), [1, 2, 3, 4, 5]);
      assert.equal(await one.take('eve'), 1);
      clock.advance(899);
      assert.equal(await two.take('ada'), undefined);
      clock.advance(1);
      assert.equal(await two.take('ada'), 1);
    });
    test('resets the count after a right guess, and counts two kinds apart', async () => {
      const [database] = databases;
      const [one, other] = [
        new Tries(database, clock, 'a', 2, 1_000),
        new Tries(database, clock, 'b', 2, 1_000),
      ];
      await one.take('x');
      await one.take('x');
      assert.equal(await one.take('x'), undefined);
      assert.equal(await other.take('x'), 1);
      await database.batch([one.forgetStatement('x')]);
      assert.equal(await one.take('x'), 1);
    });
    test('limits the tries of a period in two processes, and ends the period on time', async () => {
      const [one, two] = databases.map((database) => new Allowance(database, clock, 'c', 5, 100_000)) as [
        Allowance,
        Allowance,
      ];
      let alarms = 0;
      const beyond = async () => [
        sql('INSERT INTO organisation (code, name) VALUES (?, ?)', `alarm-${++alarms}`, dialect),
      ];
      const written = async () =>
        (await databases[0].all(sql("SELECT code FROM organisation WHERE code LIKE 'alarm-%'"))).length;
      const taken = await Promise.all(
        Array.from({ length: 20 }, (_, index) => (index % 2 === 0 ? one : two).take('ada', beyond)),
      );
      assert.equal(taken.filter((left) => left).length, 5);
      assert.equal(await written(), 1, 'the first beyond the most brings its write');
      clock.advance(99);
      assert.equal(await two.take('ada', beyond), false);
      clock.advance(1);
      assert.equal(await one.take('ada', beyond), true);
      for (let more = 0; more < 4; more++) await two.take('ada', beyond);
      await databases[0].batch([one.giveBackStatement('ada'), one.giveBackStatement('nobody')]);
      assert.equal(await two.take('ada', beyond), true);
      assert.equal(await two.take('ada', beyond), false);
    });
    test('sweeps expired counts', async () => {
      const [database] = databases;
      await new Tries(database, clock, 'swept', 5, 1_000).take('x');
      clock.advance(3_602);
      await new SingleUse(database, clock).sweep();
      const rows = await database.all({ text: "SELECT * FROM single_use WHERE kind = 'swept'", values: [] });
      assert.deepEqual(rows, []);
    });
    test('lets one process open a tablet’s request, one answer it, and one use it', async () => {
      const [desk, tablet] = databases.map(
        (database) => new TabletRequests(database, new SingleUse(database, clock), clock),
      ) as [TabletRequests, TabletRequests];
      const [database] = databases;
      const serial = (await desk.create('interaction', '192.0.2.1', 'Example')) ?? 0;
      const made = await desk.get('interaction', serial);
      const code = made?.code ?? '';
      const opening = await Promise.all([desk, tablet, desk, tablet].map((side) => side.takeCode(code)));
      const [asked] = opening.filter((one) => one !== undefined);
      assert.equal(opening.filter((one) => one !== undefined).length, 1);
      assert.ok(asked);
      const reference = (await tablet.open(asked, '656005750106', 'credential')) ?? '';
      const answers = await Promise.all(
        [desk, tablet, desk, tablet].map((side) => side.takeAnswer(reference, 'credential')),
      );
      assert.equal(answers.filter((one) => one !== undefined).length, 1);
      assert.equal(await desk.settle({ ...asked, uid: '656005750106' }, 'approved'), true);
      const spends = await Promise.all(
        [desk, tablet].map((side) => database.batch([side.spendStatement(asked)])),
      );
      assert.equal(spends.filter(({ done }) => done).length, 1);
      assert.equal(await tablet.settle(asked, 'denied'), false);
    });
    test('lets a user have one open request in two processes', async () => {
      const [one, two] = databases.map(
        (database) => new TabletRequests(database, new SingleUse(database, clock), clock),
      ) as [TabletRequests, TabletRequests];
      const claims = await Promise.all([one, two, one, two].map((side) => side.claimPerson('ada')));
      assert.equal(claims.filter(Boolean).length, 1);
      await two.release('ada');
      assert.equal(await one.claimPerson('ada'), true);
    });
  });
