import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { unlimited } from '../../bench/command.ts';
import { registerClients } from '../../bench/peers/clients.ts';
import { gatewayScenarios, scenarios } from '../../bench/peers/scenarios.ts';
import type { Target } from '../../bench/peers/target.ts';
import { startInstance, type TestInstance } from '../testing/instance.ts';
import { startPostgres, type TestPostgres } from '../testing/postgres.ts';
import { type Costs, costsNow, difference, lesser, startCounting } from './counters.ts';

/** A limit for some of the costs. */
type Limits = Readonly<Record<string, Partial<Costs>>>;

/** Limits for one operation at a time, so that none shares a transaction or an fsync. They may only fall. */
const onSqlite: Limits = {
  opaque: { reads: 0, writes: 2, rows: 2, transactions: 1, fsyncs: 1, kilobytes: 330 },
  jwt: { reads: 0, writes: 2, rows: 2, transactions: 1, fsyncs: 1, kilobytes: 330 },
  code: { reads: 3, writes: 8, rows: 7, transactions: 2, fsyncs: 2, kilobytes: 700 },
  refresh: { reads: 2, writes: 5, rows: 5, transactions: 1, fsyncs: 1, kilobytes: 420 },
  'refresh-secret': { reads: 1, writes: 3, rows: 3, transactions: 1, fsyncs: 1, kilobytes: 330 },
  exchange: { reads: 1, writes: 3, rows: 3, transactions: 1, fsyncs: 1, kilobytes: 420 },
  userinfo: { reads: 0, writes: 0, rows: 0, transactions: 0, fsyncs: 0, kilobytes: 350 },
  discovery: { reads: 0, writes: 0, rows: 0, transactions: 0, fsyncs: 0, kilobytes: 350 },
  jwks: { reads: 0, writes: 0, rows: 0, transactions: 0, fsyncs: 0, kilobytes: 350 },
  hop: { reads: 6, writes: 12, rows: 12, transactions: 4, fsyncs: 4, kilobytes: 1_500 },
  'sign-on': { reads: 10, writes: 18, rows: 18, transactions: 9, fsyncs: 7, kilobytes: 2_400 },
  hello: { reads: 0, writes: 0, rows: 0, transactions: 0, fsyncs: 1, kilobytes: 350 },
  patient: { reads: 0, writes: 0, rows: 0, transactions: 0, fsyncs: 1, kilobytes: 400 },
};

/**
 * BEGIN, COMMIT and the statements of events that a response waits for count too. The last two are long, so on a loaded machine
 * each of them may meet a cache that cannot be trusted.
 */
const onPostgres: Limits = {
  opaque: { sent: 1 },
  jwt: { sent: 1 },
  code: { sent: 8 },
  refresh: { sent: 3 },
  'refresh-secret': { sent: 2 },
  exchange: { sent: 2 },
  userinfo: { sent: 0 },
  discovery: { sent: 0 },
  jwks: { sent: 0 },
  hello: { sent: 1 },
  patient: { sent: 2 },
  hop: { sent: 19 },
  'sign-on': { sent: 30 },
};

const operations = 40;
/** Rounds of operations until the costs are within the limits: a machine may be loaded for a while. */
const mostRounds = 5;
startCounting();

/** Describes the first cost above its limit; undefined if all are within their limits. */
function excess(costs: Costs | undefined, limits: Partial<Costs> = {}): string | undefined {
  if (!costs) return 'nothing was measured';
  for (const [member, limit] of Object.entries(limits)) {
    const cost = costs[member as keyof Costs];
    if (cost > limit) return `${member}: ${cost}, and the limit is ${limit}`;
  }
  return undefined;
}

/** Runs each scenario in a new instance and compares its least costs with the limits. */
function suite(name: string, limits: Limits, settings: () => Promise<Record<string, unknown>>): void {
  describe(name, () => {
    let instance: TestInstance;
    let target: Target;
    before(async () => {
      instance = await startInstance({ networkLimits: unlimited, ...(await settings()) });
      const clients = await registerClients(instance.urls);
      target = { name: 'Alongside', pid: process.pid, stop: instance.stop, ...clients };
    });
    after(() => instance?.stop());

    for (const { id, about, prepare } of [...scenarios, ...gatewayScenarios]) {
      test(`costs no more than its limits: ${about}`, async () => {
        const prepared = async (count: number) => (await prepare(target, 1, count))[0] ?? [];
        for (const operation of await prepared(10)) await operation();
        let least: Costs | undefined;
        // The least: regular work, and on a loaded machine a cache that cannot be trusted, add to some of the operations.
        for (let round = 0; round < mostRounds && excess(least, limits[id]) !== undefined; round++)
          for (const operation of await prepared(operations)) {
            const start = costsNow();
            await operation();
            least = lesser(difference(costsNow(), start), least);
          }
        assert.equal(excess(least, limits[id]), undefined);
      });
    }
  });
}

const folder = mkdtempSync(join(tmpdir(), 'costs-'));
after(() => rmSync(folder, { recursive: true, force: true }));
suite('an operation on SQLite', onSqlite, async () => ({ ephemeral: false, data: folder }));

let postgres: TestPostgres;
after(() => postgres?.stop());
suite('an operation on PostgreSQL', onPostgres, async () => {
  postgres = await startPostgres();
  return { database: await postgres.create('costs') };
});
