import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { constants, DatabaseSync } from 'node:sqlite';
import { after, before, describe, test } from 'node:test';
import { unlimited } from '../../bench/command.ts';
import { call } from '../../bench/peers/call.ts';
import { registerClients } from '../../bench/peers/clients.ts';
import { codeRequest, gatewayScenarios, type Operation, scenarios } from '../../bench/peers/scenarios.ts';
import type { Target } from '../../bench/peers/target.ts';
import { startInstance, type TestInstance } from '../testing/instance.ts';
import { startPostgres, type TestPostgres } from '../testing/postgres.ts';
import { type Costs, cachedTables, costsNow, difference, lesser, startCounting } from './counters.ts';

/** A limit for some of the costs. */
type Limits = Readonly<Record<string, Partial<Costs>>>;

/** Limits for one operation at a time, so that none shares a transaction or an fsync. They may only fall. */
const onSqlite: Limits = {
  opaque: { reads: 0, writes: 2, rows: 2, transactions: 1, fsyncs: 1, lookups: 1, kilobytes: 330 },
  jwt: { reads: 0, writes: 2, rows: 2, transactions: 1, fsyncs: 1, lookups: 1, kilobytes: 330 },
  code: { reads: 3, writes: 8, rows: 7, transactions: 2, fsyncs: 2, lookups: 3, kilobytes: 700 },
  redeem: { reads: 1, writes: 6, rows: 6, transactions: 1, fsyncs: 1, lookups: 1, kilobytes: 420 },
  refresh: { reads: 2, writes: 5, rows: 5, transactions: 1, fsyncs: 1, lookups: 1, kilobytes: 420 },
  'refresh-secret': { reads: 1, writes: 3, rows: 3, transactions: 1, fsyncs: 1, lookups: 1, kilobytes: 330 },
  exchange: { reads: 1, writes: 3, rows: 3, transactions: 1, fsyncs: 1, lookups: 1, kilobytes: 420 },
  userinfo: { reads: 0, writes: 0, rows: 0, transactions: 0, fsyncs: 0, lookups: 1, kilobytes: 350 },
  discovery: { reads: 0, writes: 0, rows: 0, transactions: 0, fsyncs: 0, lookups: 1, kilobytes: 350 },
  jwks: { reads: 0, writes: 0, rows: 0, transactions: 0, fsyncs: 0, lookups: 1, kilobytes: 350 },
  hop: { reads: 6, writes: 12, rows: 12, transactions: 4, fsyncs: 4, lookups: 22, kilobytes: 1_500 },
  'sign-on': { reads: 10, writes: 18, rows: 18, transactions: 9, fsyncs: 7, lookups: 33, kilobytes: 2_400 },
  hello: { reads: 0, writes: 0, rows: 0, transactions: 0, fsyncs: 1, lookups: 1, kilobytes: 350 },
  patient: { reads: 0, writes: 0, rows: 0, transactions: 0, fsyncs: 1, lookups: 1, kilobytes: 400 },
};

/**
 * A token request waits for the server twice at most: to read what it names, and to write. The statements of a batch are sent together
 * with BEGIN and COMMIT, in one round trip. Those of events that a response waits for count too. The last two are long, so on a
 * loaded machine each of them may meet a cache that cannot be trusted.
 */
const onPostgres: Limits = {
  opaque: { sent: 5, roundTrips: 1 },
  jwt: { sent: 5, roundTrips: 1 },
  code: { sent: 20, roundTrips: 8 },
  // The third round trip stores the link from the ID token to its journey, which another process may be sent next.
  redeem: { sent: 10, roundTrips: 3 },
  refresh: { sent: 10, roundTrips: 2 },
  'refresh-secret': { sent: 7, roundTrips: 2 },
  exchange: { sent: 8, roundTrips: 2 },
  userinfo: { sent: 0, roundTrips: 0 },
  discovery: { sent: 0, roundTrips: 0 },
  jwks: { sent: 0, roundTrips: 0 },
  hello: { sent: 1, roundTrips: 1 },
  patient: { sent: 2, roundTrips: 2 },
  hop: { sent: 36, roundTrips: 19 },
  'sign-on': { sent: 55, roundTrips: 30 },
};

/** Operations that are prepared together. */
const operations = 10;
/** Rounds of operations until the costs are within the limits: caches are empty at first, and a machine may be loaded for a while. */
const maxRounds = 20;
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

/** Runs operations until their least costs are within the limits. Returns the excess, if it stays. */
async function excessOf(
  prepare: () => Promise<readonly Operation[]>,
  limits: Partial<Costs> | undefined,
): Promise<string | undefined> {
  let least: Costs | undefined;
  // The least: regular work, and on a loaded machine a cache that cannot be trusted, add to some of the operations.
  for (let round = 0; round < maxRounds; round++)
    for (const operation of await prepare()) {
      const start = costsNow();
      await operation();
      least = lesser(difference(costsNow(), start), least);
      if (excess(least, limits) === undefined) return undefined;
    }
  return excess(least, limits);
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

    for (const { id, about, prepare } of [...scenarios, ...gatewayScenarios])
      test(`costs no more than its limits: ${about}`, async () => {
        const prepared = async () => (await prepare(target, 1, operations))[0] ?? [];
        assert.equal(await excessOf(prepared, limits[id]), undefined);
      });
    test('costs no more than its limits: token request with a code', async () => {
      const prepareOne = async () => {
        const { address, redeem } = codeRequest(target.party);
        const { headers } = await call(address, { headers: { cookie: target.party.cookie } });
        return async () => void (await redeem(headers.location));
      };
      // Several, because code that is not yet compiled allocates more.
      const prepared = () => Promise.all(Array.from({ length: operations }, prepareOne));
      assert.equal(await excessOf(prepared, limits.redeem), undefined);
    });
  });
}

const folder = mkdtempSync(join(tmpdir(), 'costs-'));
after(() => rmSync(folder, { recursive: true, force: true }));
suite('an operation on SQLite', onSqlite, async () => ({ ephemeral: false, data: folder }));

/** Returns the tables that SQLite reads for a statement. */
function tablesReadBy(database: DatabaseSync, text: string): string[] {
  const tables = new Set<string>();
  database.setAuthorizer((action, table) => {
    if (action === constants.SQLITE_READ && table) tables.add(table);
    return constants.SQLITE_OK;
  });
  database.prepare(text);
  return [...tables];
}

test('each cached statement of these operations declares the tables that it reads', () => {
  const database = new DatabaseSync(join(folder, 'alongside.db'));
  after(() => database.close());
  assert.ok(cachedTables.size >= 10, [...cachedTables.keys()].join('\n'));
  for (const [text, declared] of cachedTables)
    assert.deepEqual(
      tablesReadBy(database, text).filter((table) => !declared.includes(table)),
      [],
      text,
    );
});

let postgres: TestPostgres;
after(() => postgres?.stop());
suite('an operation on PostgreSQL', onPostgres, async () => {
  postgres = await startPostgres();
  return { database: await postgres.create('costs') };
});
