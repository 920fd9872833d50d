import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { ManualClock } from '@alongside/kernel/clock';
import type { HttpRequest } from '@alongside/kernel/http';
import { Vault } from '@alongside/kernel/secrets';
import { bothDialects } from '../../../test/testing/dialects.ts';
import { AuditLog } from '../../storage/audit.ts';
import type { Database } from '../../storage/database.ts';
import { openDatabase } from '../../storage/dialects.ts';
import { newAdministrator } from './administrators/administrators.ts';
import type { Caller } from './administrators/admission.ts';
import { Approvals } from './approvals.ts';
import { Changes } from './changes.ts';

const administrator = newAdministrator({
  name: 'Requester',
  role: 'registration-authority',
  organisations: ['A9A5A'],
});
const whole = { uid: '100000000001', subject: 'order a card' };
const call = (body: string): Caller => ({
  actor: 'Requester',
  administrator,
  role: administrator.role,
  passkeyAge: 0,
  request: { method: 'POST', path: '/api/v1/x', query: '', body } as HttpRequest,
});
const outcomeOf = (demanded: Promise<void>) =>
  demanded.then(
    () => 'passed',
    (error) => error.entry.code as string,
  );

for (const [dialect, create] of bothDialects())
  describe(`Approvals on ${dialect}`, () => {
    let database: Database;
    const clock = new ManualClock(Date.parse('2026-03-02T09:00:00Z'));
    const approvalsOn = (on: Pick<Database, 'get' | 'all' | 'batch'>) =>
      new Approvals(on, clock, new AuditLog(database, clock, new Vault(Buffer.alloc(32, 7))), new Changes());
    before(async () => {
      database = await openDatabase(await create(), '');
    });
    after(() => database.close());

    test('lets one of two calls pass that have both read the approval', async () => {
      const approvals = approvalsOn(database);
      assert.equal(await outcomeOf(approvals.demand(call('{}'), whole)), 'approval_needed');
      const [found] = await approvals.list();
      assert.ok(found);
      await approvals.decide(found, 'approved', 'Approver');

      const { promise: both, resolve: go } = Promise.withResolvers<void>();
      let arrived = 0;
      const gated = approvalsOn({
        get: (...of: Parameters<Database['get']>) => database.get(...of),
        all: (...of: Parameters<Database['all']>) => database.all(...of),
        async batch(statements) {
          arrived += 1;
          if (arrived === 2) go();
          await both;
          return database.batch(statements);
        },
      } as Pick<Database, 'get' | 'all' | 'batch'>);
      const outcomes = await Promise.all(
        [call('{}'), call('{}')].map((one) => outcomeOf(gated.demand(one, whole))),
      );
      assert.deepEqual(outcomes.sort(), ['approval_needed', 'passed']);
      const states = (await approvals.list({ uid: whole.uid })).map(({ state }) => state);
      assert.deepEqual(states.sort(), ['used', 'waiting']);
    });

    test('stores two simultaneous requests for the same call as one', async () => {
      const approvals = approvalsOn(database);
      const before = await approvals.waiting();
      await Promise.all(
        [call('{"a":1}'), call('{"a":1}')].map((one) => outcomeOf(approvals.demand(one, whole))),
      );
      assert.equal(await approvals.waiting(), before + 1);
    });

    test('takes a request again whose time is over, and forgets it a month later', async () => {
      const approvals = approvalsOn(database);
      const ask = () => outcomeOf(approvals.demand(call('{"late":1}'), whole));
      await ask();
      clock.advance(7 * 86_400 + 1);
      assert.deepEqual(
        (await approvals.list({ administrator: administrator.id })).filter(
          ({ state }) => state === 'waiting',
        ),
        [],
      );
      await ask();
      assert.equal(await approvals.waiting(), 1);
      clock.advance(40 * 86_400);
      await ask();
      assert.equal((await approvals.list()).length, 1);
    });

    test('refuses a body that is too long to be read by the one who decides', async () => {
      const long = `{"a":"${'x'.repeat(20_000)}"}`;
      assert.equal(await outcomeOf(approvalsOn(database).demand(call(long), whole)), 'invalid_request');
    });
  });
