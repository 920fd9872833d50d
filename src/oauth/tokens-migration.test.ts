import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { ManualClock } from '@alongside/kernel/clock';
import { orderedId, randomToken, uuid } from '@alongside/kernel/ids';
import { sha256, Vault } from '@alongside/kernel/secrets';
import { sharePostgres, type TestDatabases } from '../../test/testing/postgres.ts';
import { insertStatement } from '../storage/batches.ts';
import { type Database, sql } from '../storage/database.ts';
import { connectDatabase } from '../storage/dialects.ts';
import { tokenGrants } from '../storage/migrations/0022-token-grants.ts';
import { migrate, migrations } from '../storage/migrations.ts';
import { Tokens } from './tokens.ts';

const minute = 60_000;
const day = 86_400_000;
const now = Date.now();
/** The schema before grants. */
const number = migrations.indexOf(tokenGrants) + 1;
const formerly = migrations.slice(0, number - 1);
const note = sql("INSERT INTO setting (name, value) VALUES ('audited', '1') ON CONFLICT (name) DO NOTHING");

interface OldToken {
  token: string;
  kind: 'access' | 'refresh';
  family: string;
  application_id: string;
  client_id: string;
  uid: string | null;
  sid: string | null;
  scope: string;
  attributes: Record<string, string>;
  issued_at: number;
  expires_at: number;
  used_at: number | null;
  successor_sealed: string | null;
  revoked_at: number | null;
}

const person = {
  'id_token-issuer': 'https://provider.test',
  id_token: 'sealed'.repeat(300),
  auth_level: 'aal3',
};
const oldToken = (changes: Partial<OldToken> = {}): OldToken => ({
  token: randomToken(),
  kind: 'access',
  family: orderedId(),
  application_id: 'application',
  client_id: 'client',
  uid: '656005750107',
  sid: 'session-1',
  scope: 'a b',
  attributes: person,
  issued_at: now,
  expires_at: now + 10 * minute,
  used_at: null,
  successor_sealed: null,
  revoked_at: null,
  ...changes,
});

function family(changes: Partial<OldToken> = {}): OldToken[] {
  const shared = { family: orderedId(), ...changes };
  const refresh = { ...shared, kind: 'refresh' as const, expires_at: now + 60 * minute };
  return [
    oldToken({ ...shared, attributes: { ...person, jti: uuid() } }),
    oldToken({
      ...refresh,
      attributes: { ...person, refresh_count: '0' },
      used_at: now,
      successor_sealed: 'sealed successor',
    }),
    oldToken({
      ...shared,
      scope: 'a',
      client_id: 'other',
      attributes: { auth_level: 'aal2', act: '{"sub":"x"}' },
    }),
    oldToken({ ...refresh, attributes: { ...person, refresh_count: '1' } }),
  ];
}

const columns = [
  'hash',
  'kind',
  'issuer',
  'family',
  'application_id',
  'client_id',
  'uid',
  'sid',
  'scope',
  'attributes',
  'issued_at',
  'expires_at',
  'used_at',
  'successor_sealed',
  'revoked_at',
];
const rowOf = (token: OldToken) => [
  sha256(token.token),
  token.kind,
  'issuer',
  token.family,
  token.application_id,
  token.client_id,
  token.uid,
  token.sid,
  token.scope,
  JSON.stringify(token.attributes),
  token.issued_at,
  token.expires_at,
  token.used_at,
  token.successor_sealed,
  token.revoked_at,
];

let server: TestDatabases;
let folder: string;
before(async () => {
  server = await sharePostgres();
  folder = mkdtempSync(join(tmpdir(), 'alongside-grants-'));
});
after(async () => {
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function withOld(url: string, old: readonly OldToken[]): Promise<Database> {
  const database = await connectDatabase(url, '');
  await migrate(database, { list: formerly });
  for (let from = 0; from < old.length; from += 500)
    await database.run(insertStatement('token', columns, old.slice(from, from + 500).map(rowOf)));
  return database;
}

async function checkRecord(tokens: Tokens, old: OldToken): Promise<void> {
  const record = await tokens.find(old.token);
  assert.ok(record);
  const { grant: _, attributes, ...found } = record;
  assert.deepEqual(
    { ...found, attributes: { ...attributes } },
    {
      kind: old.kind,
      issuer: 'issuer',
      family: old.family,
      applicationId: old.application_id,
      clientId: old.client_id,
      uid: old.uid,
      sid: old.sid,
      scope: old.scope,
      attributes: old.attributes,
      issuedAt: old.issued_at,
      expiresAt: old.expires_at,
      usedAt: old.used_at,
      revokedAt: old.revoked_at,
    },
  );
}

let databases = 0;
for (const [name, create] of [
  ['SQLite', async () => `sqlite:${join(folder, `${++databases}.db`)}`],
  ['PostgreSQL', () => server.create(`grants_${++databases}`)],
] as const)
  describe(`The migration of tokens in ${name}`, () => {
    const clock = new ManualClock(now);
    const tokensIn = (database: Database) =>
      new Tokens(database, clock, new Vault(new Uint8Array(32).fill(7)));

    test('keeps every token of former versions usable', async () => {
      const signIn = family();
      const other = family({ sid: 'session-2', family: 'a family of no known form' });
      const large = orderedId();
      const old = [
        ...signIn,
        ...other,
        oldToken({ uid: null, sid: null, attributes: { auth_type: 'app' } }),
        oldToken({ token: `e30.${Buffer.from('{"iss":"x","jti":"y"}').toString('base64url')}.signature` }),
        oldToken({ revoked_at: now - minute }),
        ...family({ revoked_at: now - minute, sid: 'session-3' }),
        oldToken({ expires_at: now - minute }),
        ...Array.from({ length: 2_300 }, () => oldToken({ family: large })),
        ...Array.from({ length: 300 }, () => family({ sid: null })).flat(),
      ];
      const gone = oldToken({ expires_at: now - 3 * day });
      const database = await withOld(await create(), [...old, gone]);
      await migrate(database);
      const tokens = tokensIn(database);
      for (const token of old) await checkRecord(tokens, token);
      assert.equal(await tokens.find(gone.token), undefined);
      await assert.rejects(database.all(sql('SELECT hash FROM former_token')));

      const [access, used, delegated, refresh] = signIn;
      assert.ok(access && used && delegated && refresh);
      assert.equal(await tokens.successorOf(used.token), 'sealed successor');
      assert.equal((await database.batch([tokens.spendStatement(used.token)])).done, false);
      assert.equal((await database.batch([tokens.requireLiveStatement(access.token, 'access')])).done, true);
      await database.run(tokens.revokeStatement(access.token));
      assert.equal((await tokens.find(access.token))?.revokedAt, now);
      const record = await tokens.findRefresh(refresh.token);
      assert.ok(record);
      const next = { ...record, ...tokens.newRefreshToken() };
      const writes = [tokens.spendStatement(refresh.token), ...tokens.issueStatements({ ...record }, [next])];
      assert.equal((await database.batch(writes)).done, true);
      assert.equal(await tokens.revokeFamily(record.family, note), 1);
      for (const token of [delegated.token, next.token])
        assert.notEqual((await tokens.find(token))?.revokedAt, null);
      assert.equal(await tokens.revokeSession('session-2', ['issuer'], 'https://provider.test'), 1);
      assert.equal(await tokens.revokeSession('session-3', ['issuer'], 'https://provider.test'), 0);
      assert.notEqual((await tokens.find(other[3]?.token ?? ''))?.revokedAt, null);
      await database.close();
    });

    test('continues after its process was killed', { timeout: 120_000 }, async () => {
      const old = Array.from({ length: 5_000 }, () => family()).flat();
      const url = await create();
      const database = await withOld(url, old);
      const script = fileURLToPath(new URL('../storage/testing/migrating.ts', import.meta.url));
      const child = spawn(process.execPath, [...process.execArgv, script, url], { stdio: 'inherit' });
      const ended = new Promise((resolve) => child.once('exit', resolve));
      const progress = async () =>
        (
          await database.get<{ value: string }>(
            sql("SELECT value FROM setting WHERE name = 'schema.progress'"),
          )
        )?.value ?? '';
      const isBetween = new RegExp(`^${number} .`);
      while (!isBetween.test(await progress())) {
        assert.equal(child.exitCode, null);
        await sleep(2);
      }
      child.kill('SIGKILL');
      await ended;
      assert.match(await progress(), isBetween, 'it was not at the end');
      await migrate(database);
      const tokens = tokensIn(database);
      for (let n = 0; n < old.length; n += 97) await checkRecord(tokens, old[n] as OldToken);
      const count = async (table: string) =>
        Number((await database.get<{ count: number }>(sql(`SELECT COUNT(*) AS count FROM ${table}`)))?.count);
      assert.deepEqual(
        [await count('token_grant'), await count('access_token'), await count('refresh_token')],
        [5_000, 10_000, 10_000],
      );
      await database.close();
    });
  });
