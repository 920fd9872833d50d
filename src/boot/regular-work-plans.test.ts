import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { ManualClock } from '@alongside/kernel/clock';
import { silentLog } from '@alongside/kernel/log';
import { sha256, Vault } from '@alongside/kernel/secrets';
import { z } from 'zod';
import { sharePostgres } from '../../test/testing/postgres.ts';
import { Cards } from '../cis/cards/cards.ts';
import { Directory } from '../cis/directory/directory.ts';
import { textOfPosition } from '../cis/directory/search.ts';
import { CertificateRecords } from '../cis/issuing-authority/certificate-records.ts';
import { Sessions } from '../cis/sessions/sessions.ts';
import { liveSessions } from '../cis2/administration/sessions.ts';
import { compose } from '../composition.ts';
import { type Config, configShape } from '../config.ts';
import { journeysIn, testUrls } from '../journeys/testing/journeys.ts';
import { AddedCitizens, RealmKeys } from '../mock/index.ts';
import { AuditRecords } from '../storage/audit/records.ts';
import { type Database, type RowReader, type Statement, sql } from '../storage/database.ts';
import { openDatabase } from '../storage/dialects.ts';
import { SingleUse } from '../storage/single-use.ts';
import { publicUrls } from './addresses.ts';
import { createCore } from './core.ts';
import { openLiveSettings } from './reloadables.ts';

/** Rows of each table, most of them not due. */
const rows = 1_000;
const now = Date.now();
const hour = 3_600_000;
/** Some rows of each kind have long expired. */
const time = (fresh: number) => `CASE WHEN i % 200 = 0 THEN ${now - 2_000 * hour} ELSE ${fresh} + i END`;
const iso = (at: number) => new Date(at).toISOString();

const sessionBody = JSON.stringify({
  authentication: {
    authenticator: 'smartcard',
    uid: 'u',
    methods: [],
    level: { nhs: 3, others: 3 },
    personAt: now,
    provenAt: now,
    proofCounts: true,
    cisSessionId: 's',
    agentId: null,
    roleId: null,
  },
  idAssuranceLevel: '3',
  roleId: null,
});

// One line for each table that grows with use, in SQL for both dialects.
const fillings: Readonly<Record<string, string>> = {
  token_grant: `(id, part, family, issuer, application_id, client_id, sid, scope, attributes, issued_at, expires_at, generation)
    SELECT i, i, 'f' || i, 'x', 'a', 'c', 's' || i, '', '{}', ${now}, ${time(now + hour)}, 0`,
  access_token: `(id, hash, grant_id, grant_part, generation, issued_at, expires_at)
    SELECT i, 'h' || i, i, i, 0, ${now}, ${time(now + hour)}`,
  refresh_token: `(id, hash, grant_id, grant_part, issued_at, expires_at)
    SELECT i, 'h' || i, i, i, ${now}, ${time(now + hour)}`,
  single_use: `(kind, hash, payload, created_at, expires_at, used_at)
    SELECT 'code', 'h' || i, 'null', ${now}, ${time(now + hour)}, ${now}`,
  used_jti: `(bucket, kind, hash, expires_at)
    SELECT ${time(now + hour)} / 300000, 'jti', 'h' || i, ${time(now + hour)}`,
  event_block: `(last, size, events)
    SELECT i + 1, 1, '{"journey":"j' || (i / 5) || '","at":"' || CASE WHEN i < 600 THEN '${iso(now - 2_000 * hour)}' ELSE '${iso(now)}' END || '"}'`,
  journey_block: `(journey, block) SELECT 'j' || (i / 5), i + 1`,
  journey_link: `(value, journey) SELECT 'h' || i, 'j' || (i / 5)`,
  journey: `(id, started_at, ended_at, pattern, outcome, decided_at, headline, messages, wrong_pins, faults, clock_moved)
    SELECT 'j' || i, ${now}, ${now}, 0, 'succeeded', ${now}, '', 1, 0, '', 0`,
  journey_reached: `(journey, application, started_at) SELECT 'j' || (i / 5), 'a' || i, ${now}`,
  message: `(id, journey, at, size) SELECT 'm' || i, 'j' || (i / 5), ${now}, 0`,
  refusal: `(message_id, at, body)
    SELECT 'm' || i, CASE WHEN i < 600 THEN ${now - 2_000 * hour} ELSE ${now} END, '{}'`,
  person: `(uid, persona, body, revision) SELECT 'u' || i, NULL, '{"uid":"u' || i || '","disabled":false,"roles":[]}', 1`,
  person_key: `(scope, key, uid) SELECT 'o' || (i % 7), 'k' || i, 'u' || i`,
  person_change: `(uid) SELECT 'u' || i`,
  card: `(serial, uid, state, pin, issued_locked, unlock_attempts, created_at)
    SELECT 'c' || i, 'u' || i, 'active', 'open', 0, 0, ${now}`,
  agent: `(id, public_jwk, address, seen_at) SELECT 'a' || i, '{}', '192.0.2.1', ${time(now)}`,
  cis_session: `(id, uid, agent_id, card_serial, session_jwk, generation, mode, created_at, pin_at, heartbeat_at, ends_at, ended_at, end_cause)
    SELECT 's' || i, 'u' || i, 'a' || i, 'c' || i, '{}', 'hscn', 'normal', ${now}, ${now}, ${time(now)},
    ${now + hour}, CASE WHEN i % 3 = 0 THEN ${time(now - hour)} ELSE NULL END, NULL`,
  session_ground: `(kind, value, noted_at) SELECT 'uid', 'u' || i, 0`,
  legacy_ticket: `(hash, session_id, training, created_at) SELECT 'h' || i, 's' || i, 0, ${now}`,
  audit_block: `(last, chain, seq, at, records) SELECT i + 1, 'c', i + 1, ${time(now)}, ''`,
  audit_term: `(term, block) SELECT 'actor u' || i, i + 1`,
  counter: `(name, window_start, count) SELECT 'cis:n' || i, ${time(now)}, 1`,
  cis2_session: `(sid, cookie_hash, uid, cis_session_id, body, issuer, authenticator, created_at, active_at, ends_at, idle_at, ended_at)
    SELECT 's' || i, 'h' || i, 'u' || i, 's' || i, '${sessionBody}', 'http://localhost:4/openam',
    CASE WHEN i % 1000 = 0 THEN 'gone' ELSE 'smartcard' END,
    ${now}, ${now}, ${time(now + hour)}, ${time(now + hour)}, CASE WHEN i % 3 = 0 THEN ${time(now - hour)} ELSE NULL END`,
  cis2_session_client: `(sid, client_id, joined_at) SELECT 's' || i, 'c', ${now}`,
  outbox: `(topic, id, key, body, state, attempts, result, holder, held_until, created_at, due_at)
    SELECT CASE i % 5 WHEN 0 THEN 'cis.session-ended' WHEN 1 THEN 'cis.mail' WHEN 2 THEN 'cis2.logout' WHEN 3 THEN 'cis2.notice' ELSE 'cis2.session-ended' END,
    'm' || i, 'k' || (i % 100), '{}', CASE WHEN i % 10 = 0 THEN 'pending' ELSE 'delivered' END, 1, '', '', 0, ${time(now)}, ${now}`,
};

/** Explains a statement before it runs; returns the lines of its plan. */
type Explain = (statement: Statement) => Promise<string[]>;

interface Subject {
  database: Database;
  explain: Explain;
  close(): Promise<void>;
}

async function onSqlite(): Promise<Subject> {
  const database = await openDatabase(':memory:', '');
  return {
    database,
    explain: async ({ text, values }) =>
      (await database.all<{ detail: string }>(sql(`EXPLAIN QUERY PLAN ${text}`, ...values))).map(
        ({ detail }) => detail,
      ),
    close: () => database.close(),
  };
}

async function onPostgres(): Promise<Subject> {
  const server = await sharePostgres();
  // With few rows it would read whole tables although an index could be used.
  const off = ['seqscan', 'hashjoin', 'mergejoin'].map((way) => `-c enable_${way}=off`).join(' ');
  const url = `${await server.create('plans')}&options=${encodeURIComponent(off)}`;
  const database = await openDatabase(url, '');
  return {
    database,
    explain: async ({ text, values }) =>
      (await database.all<{ 'QUERY PLAN': string }>(sql(`EXPLAIN ${text}`, ...values))).map((line) =>
        line['QUERY PLAN'].trim(),
      ),
    close: async () => {
      await database.close();
      await server.stop();
    },
  };
}

/** The database, with every statement explained before it runs. */
function watched(database: Database, onStatement: (statement: Statement) => Promise<void>): Database {
  return Object.assign(Object.create(database) as Database, {
    dialect: database.dialect,
    description: database.description,
    all: async <R extends object>(statement: Statement, shape?: RowReader<R>) => {
      await onStatement(statement);
      return database.all(statement, shape);
    },
    get: async <R extends object>(statement: Statement, shape?: RowReader<R>) => {
      await onStatement(statement);
      return database.get(statement, shape);
    },
    run: async (statement: Statement) => {
      await onStatement(statement);
      return database.run(statement);
    },
    batch: async (statements: readonly Statement[], options?: { lazy?: boolean }) => {
      // Records of the audit log have no statement of their own on SQLite.
      for (const statement of statements) if (!statement.appends) await onStatement(statement);
      return database.batch(statements, options);
    },
    durable: () => database.durable(),
    onForeignChange: (listener: () => void) => database.onForeignChange(listener),
    stampOf: (tables: readonly string[]) => database.stampOf(tables),
  });
}

/** Returns the lines of a plan that scan a table that grows with use, or a whole index of it. */
function wholeReads(plan: readonly string[], { text }: Statement): string[] {
  const isLimited = /\bLIMIT\b/.test(text);
  return plan.filter((line, n) => {
    const [, table = '', index] =
      /^SCAN (\w+)(?: USING (?:COVERING )?INDEX (\w+))?/.exec(line) ??
      /Seq Scan on (\w+)/.exec(line) ??
      postgresIndex(line, plan[n + 1]) ??
      [];
    // Captured messages are at most 10,000, in development.
    if (!Object.hasOwn(fillings, table) || index === 'message_captured') return false;
    // A limit ends a read in order, unless a condition or a sort must see every row.
    const isSorted = plan.some((each) => /TEMP B-TREE|\bSort\b/.test(each));
    return !isLimited || isSorted || (index === undefined && /\bWHERE\b/.test(text));
  });
}

/** Searches as the console does, with each filter. */
async function search(database: Database, clock: ManualClock): Promise<void> {
  const directory = new Directory(database);
  const cards = new Cards(database, new CertificateRecords(database), new Vault(Buffer.alloc(32, 7)), clock);
  const all = { q: '', organisation: '', role: '' };
  const next = textOfPosition({ order: 'family', key: 'b', uid: '656005750108' });
  for (const filter of [
    {},
    { q: 'ma' },
    { organisation: 'A' },
    { role: 'R1' },
    { q: 'ma', organisation: 'A' },
  ])
    for (const found of [directory, cards])
      for (const after of ['', next]) await found.search({ ...all, ...filter }, after, 50);
  const { journeys } = journeysIn(database, clock);
  const from = new Date(now).toISOString();
  for (const filter of [
    {},
    { q: 'ma' },
    { application: 'a' },
    { person: 'u' },
    { from },
    { after: `${now}.j` },
    ...(['succeeded', 'refused', 'abandoned'] as const).map((outcome) => ({ outcome })),
    ...(['combined', 'desk'] as const).map((pattern) => ({ pattern })),
  ])
    await journeys.list(filter);
  await journeys.find('j1');
  const records = new AuditRecords(database);
  for (const order of ['oldest', 'newest'] as const)
    for (const filter of [
      {},
      { actor: 'u' },
      { application: 'a' },
      { action: 'application.created' },
      { outcome: 'refused' },
      { subject: 's' },
      { from: now },
      { from: now, to: now + 1 },
    ])
      await records.list({ ...filter, order });
}

/** Returns an index that PostgreSQL reads without a condition. */
function postgresIndex(line: string, next = ''): string[] | undefined {
  const [all = '', index = '', table = ''] = /Index (?:Only )?Scan using (\w+) on (\w+)/.exec(line) ?? [];
  return all === '' || next.startsWith('Index Cond') ? undefined : [all, table, index];
}

for (const open of [onSqlite, onPostgres])
  describe(`regular work, the start and the searches of the console ${open === onSqlite ? 'on SQLite' : 'on PostgreSQL'}`, () => {
    test('sort no session to list the newest', async () => {
      const { database, explain, close } = await open();
      try {
        const plans: string[] = [];
        const seen = watched(database, async (statement) => void plans.push(...(await explain(statement))));
        await liveSessions(seen, now, null);
        const clock = new ManualClock(now);
        await new Sessions(seen, new SingleUse(seen, clock), clock, () => []).live(200);
        assert.deepEqual(
          plans.filter((line) => /TEMP B-TREE|\bSort\b/.test(line)),
          [],
        );
        assert.equal(plans.filter((line) => /cis2?_session_end\b/.test(line)).length, 2, plans.join('\n'));
      } finally {
        await close();
      }
    });

    test('read no whole table that grows with use', { timeout: 120_000 }, async () => {
      const { database, explain, close } = await open();
      const folder = mkdtempSync(join(tmpdir(), 'alongside-plans-'));
      const numbers = `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${rows})`;
      for (const [table, filling] of Object.entries(fillings))
        await database.run(
          sql(`INSERT INTO ${table} ${filling.replace('SELECT', `${numbers} SELECT`)} FROM n`),
        );
      // Records of one chain are deleted and not removed yet; others are due.
      await database.run(
        sql(
          "INSERT INTO audit_chain (chain, started_at, seq, mac, deleted) VALUES ('c', 0, ?, '', 10)",
          rows,
        ),
      );

      const offences = new Set<string>();
      const explained = new Set<string>();
      const watch = async (statement: Statement) => {
        if (explained.has(statement.text)) return;
        explained.add(statement.text);
        for (const line of wholeReads(await explain(statement), statement))
          offences.add(`${line}\n  ${statement.text}`);
      };
      const config: Config = {
        ...z.object(configShape).parse({}),
        only: ['cis', 'cis2', 'authorisation'],
        smtpUrl: 'smtp://127.0.0.1:9',
        logLevel: 'silent',
      };
      const vault = new Vault(Buffer.alloc(32, 7));
      const ports = {
        console: 1,
        api: 2,
        cis2: 4,
        identityAgent: 5,
        cis: 6,
        sample: 7,
        apiMutualTls: 8,
        cis2MutualTls: 9,
        apis: 10,
        apisMutualTls: 11,
      };
      const seen = watched(database, watch);
      const core = await createCore(seen, vault, {
        development: false,
        urls: testUrls,
        platform: 'platform',
        captures: true,
        cis2Kids: 'urlSafe',
        events: {},
        audit: { retentionDays: 30 },
        log: { debug() {}, info() {}, warn() {}, error() {} },
      });
      const { placements } = await compose({
        config,
        live: await openLiveSettings(config, core.clock, silentLog),
        logLevel: { current: 'silent' },
        development: false,
        core,
        vault,
        folder,
        ports,
        urls: publicUrls(config, ports, false),
        mutualTls: { api: undefined, apis: undefined, cis2: undefined },
        agentSocket: '',
        realmKeys: new RealmKeys(seen),
        citizens: new AddedCitizens(seen),
        reset: async () => undefined,
        operatorHash: sha256(''),
        figures: async () => ({ samples: [], measuresRequests: false }),
        clientSecrets: {
          platform: 'a-secret-of-the-platform-of-32-characters',
          signing: 'a-secret-of-the-signing-of-32-characters',
        },
      });
      const tasks = [...core.regularWork, ...placements.flatMap(({ service }) => service.regularWork ?? [])];
      try {
        for (const { service } of placements) await service.start?.();
        for (const task of tasks) await task.run();
        await core.background.settled(30_000);
        await search(seen, new ManualClock(now));
      } finally {
        for (const { service } of placements) await service.stop?.();
        core.stop();
        await core.background.settled(30_000);
        await close();
        rmSync(folder, { recursive: true, force: true });
      }

      assert.ok(tasks.length >= 15);
      for (const table of Object.keys(fillings).filter(
        (name) => !['person_change', 'journey_link'].includes(name),
      ))
        assert.ok(
          [...explained].some((text) => new RegExp(`\\b${table}\\b`).test(text)),
          `no statement reads ${table}: the list of tables or of tasks is wrong`,
        );
      assert.deepEqual([...offences], []);
    });
  });
