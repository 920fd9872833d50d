import { setTimeout as sleep } from 'node:timers/promises';
import { OperatorError } from '@alongside/kernel/operator';
import { type BatchResult, type Database, must, type Statement, sql } from './database.ts';
import type { DataMigration, Expansion, Migration, MigrationStatements, MovedRows } from './migration.ts';
import { foundation } from './migrations/0001-foundation.ts';
import { authenticators } from './migrations/0002-authenticators.ts';
import { cardLifecycle } from './migrations/0003-card-lifecycle.ts';
import { registrations } from './migrations/0004-registrations.ts';
import { logoutDeliveries } from './migrations/0005-logout-deliveries.ts';
import { administrators } from './migrations/0006-administrators.ts';
import { oldEvents } from './migrations/0007-old-events.ts';
import { idleSessions } from './migrations/0008-idle-sessions.ts';
import { directoryChanges } from './migrations/0009-directory-changes.ts';
import { patientsByBirth } from './migrations/0010-patients-by-birth.ts';
import { auditRecords } from './migrations/0011-audit-records.ts';
import { regularWork } from './migrations/0012-regular-work.ts';
import { notices } from './migrations/0013-notices.ts';
import { roleOwners } from './migrations/0014-role-owners.ts';
import { unlockCodes } from './migrations/0015-unlock-codes.ts';
import { refusals } from './migrations/0016-refusals.ts';
import { announcedChanges } from './migrations/0017-announced-changes.ts';
import { sessionsOfAgents } from './migrations/0018-sessions-of-agents.ts';
import { outbox } from './migrations/0019-outbox.ts';
import { eventBlocks } from './migrations/0020-event-blocks.ts';
import { usedJtis } from './migrations/0021-used-jtis.ts';
import { tokenGrants } from './migrations/0022-token-grants.ts';
import { noticesInOutbox } from './migrations/0023-notices-in-outbox.ts';
import { lighterSignIns } from './migrations/0024-lighter-sign-ins.ts';
import { apiDefinitions } from './migrations/0025-api-definitions.ts';
import { patientKeys } from './migrations/0026-patient-keys.ts';
import { journeys } from './migrations/0027-journeys.ts';
import { peopleByName } from './migrations/0028-people-by-name.ts';
import { auditSearches } from './migrations/0029-audit-searches.ts';
import { administratorRoles } from './migrations/0030-administrator-roles.ts';
import { lighterJourneys } from './migrations/0031-lighter-journeys.ts';
import { patientsByBirthDate } from './migrations/0032-patients-by-birth-date.ts';
import { auditBlocks } from './migrations/0033-audit-blocks.ts';
import { peopleWhoLeft } from './migrations/0034-people-who-left.ts';
import { waitingConditions } from './migrations/0035-waiting-conditions.ts';
import { journeysReached } from './migrations/0036-journeys-reached.ts';
import { announcedKeyChanges } from './migrations/0037-announced-keys.ts';
import { approvals } from './migrations/0038-approvals.ts';
import { tableChanges } from './migrations/0039-table-changes.ts';
import { signingKeysOfPeople } from './migrations/0040-signing-keys-of-people.ts';
import { refusedMessages } from './migrations/0041-refused-messages.ts';
import { row, text } from './row.ts';

export const movesRows = (migration: Migration): migration is DataMigration => 'nextBatch' in migration;
const expands = (migration: Migration): migration is Expansion => 'adds' in migration;

/** Every migration, oldest first. One that has shipped never changes. */
export const migrations: readonly Migration[] = [
  foundation,
  authenticators,
  cardLifecycle,
  registrations,
  logoutDeliveries,
  administrators,
  oldEvents,
  idleSessions,
  directoryChanges,
  patientsByBirth,
  auditRecords,
  regularWork,
  notices,
  roleOwners,
  unlockCodes,
  refusals,
  announcedChanges,
  sessionsOfAgents,
  outbox,
  eventBlocks,
  usedJtis,
  tokenGrants,
  noticesInOutbox,
  lighterSignIns,
  apiDefinitions,
  patientKeys,
  journeys,
  peopleByName,
  auditSearches,
  administratorRoles,
  lighterJourneys,
  patientsByBirthDate,
  auditBlocks,
  peopleWhoLeft,
  waitingConditions,
  journeysReached,
  announcedKeyChanges,
  approvals,
  tableChanges,
  signingKeysOfPeople,
  refusedMessages,
];

const settingRow = row('setting', { value: text });

/**
 * `{sequence}`: an increasing number as the primary key. `{rowid}`: the type of a number that is the primary key. `{small rows}`: rows
 * are stored in the primary key. `{byte order}`: text that is ordered by its bytes.
 */
const words: Readonly<Record<Database['dialect'], Readonly<Record<string, string>>>> = {
  sqlite: {
    sequence: 'INTEGER PRIMARY KEY AUTOINCREMENT',
    rowid: 'INTEGER',
    'small rows': 'WITHOUT ROWID',
    'byte order': '',
    'last event': "(SELECT COALESCE(MAX(seq), 0) FROM sqlite_sequence WHERE name = 'event')",
    'birth date of body':
      "CASE WHEN json_valid(body) THEN json_extract(body, '$.patient.birthDate') ELSE NULL END",
    'continue after audit':
      "INSERT INTO sqlite_sequence (name, seq) SELECT 'audit_record', COALESCE(MAX(seq), 0) FROM audit",
    'issuer of body': "json_extract(body, '$.issuer')",
    'authenticator of body': "json_extract(body, '$.authentication.authenticator')",
    'json object': 'json_object',
    'key of jtis': 'PRIMARY KEY (bucket, kind, hash)) WITHOUT ROWID',
    trusted: "json(CASE trusted WHEN 1 THEN 'true' ELSE 'false' END)",
    'roles of people':
      "SELECT json_extract(role.value, '$.roleId'), person.uid FROM person, json_each(person.body, '$.roles') AS role WHERE true",
  },
  postgres: {
    sequence: 'BIGINT GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY',
    rowid: 'BIGINT',
    'small rows': '',
    'byte order': 'COLLATE "C"',
    'last event':
      "GREATEST((SELECT COALESCE(MAX(seq), 0) FROM event), COALESCE(pg_sequence_last_value(pg_get_serial_sequence('event', 'seq')::regclass), 0))",
    'birth date of body': "body::json #>> '{patient,birthDate}'",
    'continue after audit':
      "SELECT setval(pg_get_serial_sequence('audit_record', 'id'), COALESCE(MAX(seq), 0) + 1, false) FROM audit",
    'issuer of body': "body::json ->> 'issuer'",
    'authenticator of body': "body::json #>> '{authentication,authenticator}'",
    'json object': 'json_build_object',
    'key of jtis': 'PRIMARY KEY (kind, hash))',
    trusted: 'trusted = 1',
    'roles of people':
      "SELECT role ->> 'roleId', person.uid FROM person, json_array_elements(person.body::json -> 'roles') AS role",
  },
};

/** Returns a statement of a migration in the dialect. */
export const inDialect = (text: string, dialect: Database['dialect']): string =>
  text.replace(/\{([a-z ]+)\}/g, (braced, name: string) => words[dialect][name] ?? braced);

/** The schema of this version of the product. */
export const knownSchema = migrations.length;

const inStatements = (migration: MigrationStatements, dialect: Database['dialect']): Statement[] =>
  migration.flatMap((statement) => {
    if (typeof statement === 'string') return [sql(inDialect(statement, dialect))];
    const { [dialect]: text } = statement;
    return text === undefined ? [] : [sql(text)];
  });

/** The statements of one migration, without the rows that it moves. */
export function migrationStatements(
  number: number,
  dialect: Database['dialect'],
  list = migrations,
): Statement[] {
  const migration = list[number - 1] ?? [];
  if (expands(migration)) return inStatements(migration.adds, dialect);
  if (!movesRows(migration)) return inStatements(migration, dialect);
  return [...inStatements(migration.before, dialect), ...inStatements(migration.after, dialect)];
}

async function settingOf(database: Database, name: string): Promise<string | undefined> {
  const row = await database.get(sql('SELECT value FROM setting WHERE name = ?', name), settingRow);
  return row?.value;
}

const version = async (database: Database): Promise<number> =>
  Number((await settingOf(database, 'schema')) ?? 0);

const settingTable: Readonly<Record<Database['dialect'], string>> = {
  sqlite: "SELECT name FROM sqlite_master WHERE type = 'table' AND name = 'setting'",
  postgres: "SELECT 'setting' AS name WHERE to_regclass('setting') IS NOT NULL",
};

/** Returns the schema of a database without a write; 0 for an empty one. */
export async function schemaOf(database: Database): Promise<number> {
  const table = await database.get(sql(settingTable[database.dialect]));
  return table === undefined ? 0 : version(database);
}

/** The setting with the lowest schema that a version must know; without it, that is the schema of the database. */
const lowestName = 'schema.lowest';

/** Throws OperatorError for a schema of a newer version of the product, unless that version lets this one run. */
export async function refuseNewerSchema(
  database: Database,
  found: number,
  known = knownSchema,
): Promise<void> {
  if (found <= known || Number((await settingOf(database, lowestName)) ?? found) <= known) return;
  throw new OperatorError(
    `The database has schema ${found}, this version knows ${known}. Use the version that wrote it, or another data folder.`,
  );
}

/** Returns the statement that stores the lowest schema after a migration. */
const lowestStatement = (migration: Migration, number: number): Statement =>
  expands(migration)
    ? sql(
        'INSERT INTO setting (name, value) VALUES (?, ?) ON CONFLICT (name) DO NOTHING',
        lowestName,
        String(number - 1),
      )
    : sql('DELETE FROM setting WHERE name = ?', lowestName);

/** Returns the lowest schema that a version must know to run after all migrations. */
export async function lowestAfter(database: Database, found: number, list = migrations): Promise<number> {
  let lowest = Number((await settingOf(database, lowestName)) ?? found);
  for (let number = found + 1; number <= list.length; number++)
    if (!expands(list[number - 1] ?? [])) lowest = number;
  return lowest;
}

/** The setting with the progress of a migration that moves rows: its number, a space, and the position. */
const progressName = 'schema.progress';
/** Milliseconds after which a move that does not advance has lost its process. */
const stillAfter = 1_000;
/** Milliseconds between two lines in the log. */
const reportEvery = 5_000;

type Report = (line: string) => void;

/**
 * Runs a batch of a migration; of several processes, one after another. Without the lock, a batch that alters `setting` would wait
 * for those that wait for one of its rows.
 */
function runInTurn(database: Database, statements: readonly Statement[]): Promise<BatchResult> {
  const lock = sql('LOCK TABLE setting IN SHARE ROW EXCLUSIVE MODE');
  const all = database.dialect === 'postgres' ? [lock, ...statements] : statements;
  return database.batch(all, { patient: true });
}

/**
 * Moves the rest of the rows of a migration that this or another process started. Each batch is conditional on the position
 * before it, so of several processes one moves a row; the others wait as long as it advances.
 */
async function finishMove(database: Database, list: readonly Migration[], report: Report): Promise<void> {
  let moved = 0;
  let reportedAt = performance.now();
  for (;;) {
    const progress = await settingOf(database, progressName);
    if (progress === undefined) return;
    const space = progress.indexOf(' ');
    const number = Number(progress.slice(0, space));
    const migration = list[number - 1];
    if (!migration || !movesRows(migration)) throw new Error(`Migration ${number} moves no rows.`);
    let batch: MovedRows | undefined;
    try {
      batch = await migration.nextBatch(database, progress.slice(space + 1));
    } catch (error) {
      // Another process may have moved the last rows and removed their table.
      if ((await settingOf(database, progressName)) === progress) throw error;
      continue;
    }
    const writes = batch
      ? [
          sql(
            'UPDATE setting SET value = ? WHERE name = ? AND value = ?',
            `${number} ${batch.position}`,
            progressName,
            progress,
          ),
          ...batch.statements,
        ]
      : [
          sql('DELETE FROM setting WHERE name = ? AND value = ?', progressName, progress),
          ...inStatements(migration.after, database.dialect),
        ];
    const [condition, ...others] = writes as [Statement, ...Statement[]];
    const { done } = await runInTurn(database, [must(condition), ...others]);
    if (!done) await untilStill(database);
    moved += done ? (batch?.count ?? 0) : 0;
    const now = performance.now();
    if (batch && now - reportedAt < reportEvery) continue;
    if (batch || moved > 0) report(`Migration ${number}: ${moved} rows moved.`);
    reportedAt = now;
  }
}

/** Resolves when the move of another process has ended or no longer advances. */
async function untilStill(database: Database): Promise<void> {
  for (let last: string | undefined; ; ) {
    const progress = await settingOf(database, progressName);
    if (progress === undefined || progress === last) return;
    last = progress;
    await sleep(stillAfter);
  }
}

export interface MigrationOptions {
  /** Receives the progress of a migration that takes long. */
  report?: Report;
  /** Others than all, for tests. */
  list?: readonly Migration[];
}

/** Migrates the schema to this version of the product. Several processes may start at once; a newer schema is refused. */
export async function migrate(
  database: Database,
  { report = () => undefined, list = migrations }: MigrationOptions = {},
): Promise<void> {
  await database
    .run(sql('CREATE TABLE IF NOT EXISTS setting (name TEXT PRIMARY KEY, value TEXT NOT NULL)'))
    // If two processes create the same table at once in PostgreSQL, the second finds it.
    .catch(() => version(database));
  await database.run(
    sql("INSERT INTO setting (name, value) VALUES ('schema', '0') ON CONFLICT (name) DO NOTHING"),
  );
  const found = await version(database);
  await refuseNewerSchema(database, found, list.length);
  await finishMove(database, list, report);
  for (let number = found + 1; number <= list.length; number++) {
    const migration = list[number - 1] ?? [];
    const guard = must(
      sql(
        "UPDATE setting SET value = ? WHERE name = 'schema' AND value = ?",
        String(number),
        String(number - 1),
      ),
    );
    // The schema counts as new from here on, so that no older version writes to tables that are being moved.
    const statements = movesRows(migration)
      ? [
          ...inStatements(migration.before, database.dialect),
          sql('INSERT INTO setting (name, value) VALUES (?, ?)', progressName, `${number} `),
        ]
      : inStatements(expands(migration) ? migration.adds : migration, database.dialect);
    const { done } = await runInTurn(database, [guard, lowestStatement(migration, number), ...statements]);
    if (!done && (await version(database)) < number) throw new Error(`Migration ${number} did not take.`);
    await finishMove(database, list, report);
  }
}
