import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { ManualClock } from '@alongside/kernel/clock';
import { orderedId, randomToken } from '@alongside/kernel/ids';
import { Vault } from '@alongside/kernel/secrets';
import { sharePostgres, type TestDatabases } from '../../test/testing/postgres.ts';
import { type Database, type Statement, sql } from '../storage/database.ts';
import { connectDatabase, openDatabase } from '../storage/dialects.ts';
import { type NewToken, Tokens } from './tokens.ts';

const minute = 60_000;
const day = 86_400_000;
const note: Statement = sql(
  "INSERT INTO setting (name, value) VALUES ('audited', '1') ON CONFLICT (name) DO NOTHING",
);

let server: TestDatabases;
before(async () => {
  server = await sharePostgres();
});
after(() => server.stop());

for (const [name, create] of [
  ['SQLite', async () => ':memory:'],
  ['PostgreSQL', () => server.create('tokens')],
] as const)
  describe(`Tokens in ${name}`, () => {
    const clock = new ManualClock(Date.now());
    const vault = new Vault(new Uint8Array(32).fill(7));
    let database: Database;
    let tokens: Tokens;

    before(async () => {
      database = await openDatabase(await create(), '');
      tokens = new Tokens(database, clock, vault);
    });
    after(() => database.close());

    const authorization = (changes = {}) => ({
      issuer: 'https://api.test/oauth2',
      family: orderedId(),
      applicationId: 'application',
      clientId: 'client',
      uid: '656005750107',
      sid: orderedId(),
      scope: 'a b',
      attributes: {
        'id_token-issuer': 'https://provider.test',
        id_token: 'sealed',
        auth_level: 'aal3',
      } as Record<string, string>,
      ...changes,
    });
    type Source = ReturnType<typeof authorization> & { grant?: Parameters<Tokens['renewAccess']>[0] };

    const newToken = (kind: NewToken['kind'], source: Source, changes: Partial<NewToken> = {}): NewToken => ({
      ...(kind === 'access' ? tokens.newAccessToken(source) : tokens.newRefreshToken()),
      kind,
      scope: source.scope,
      attributes: source.attributes,
      issuedAt: clock.now(),
      expiresAt: clock.now() + (kind === 'access' ? 10 : 60) * minute,
      ...changes,
    });

    async function signIn(source: Source = authorization()) {
      const access = newToken('access', source);
      const refresh = newToken('refresh', source, {
        attributes: { ...source.attributes, refresh_count: '0' },
      });
      await database.batch(tokens.issueStatements(source, [access, refresh]));
      return { source, access: access.token, refresh: refresh.token };
    }

    async function refreshed(token: string) {
      const record = await tokens.findRefresh(token);
      assert.ok(record);
      const source = { ...record, attributes: { ...record.attributes } };
      const access = newToken('access', source as never);
      const next = newToken('refresh', source as never);
      const { done } = await database.batch([
        tokens.spendStatement(token, 'sealed successor'),
        ...tokens.issueStatements(source, [access, next]),
      ]);
      return { done, access: access.token, refresh: next.token };
    }

    const isLive = async (token: string) => {
      const record = await tokens.find(token);
      return record !== undefined && tokens.isLive(record);
    };
    const countIn = async (table: string) =>
      Number((await database.get<{ count: number }>(sql(`SELECT COUNT(*) AS count FROM ${table}`)))?.count);

    test('return the data of the authorization and of the token', async () => {
      const { source, access, refresh } = await signIn();
      const { attributes, ...found } = (await tokens.find(access)) ?? {};
      const { grant: _, ...data } = found as { grant: unknown };
      assert.deepEqual(
        { ...data, attributes: { ...attributes } },
        {
          ...source,
          kind: 'access',
          issuedAt: clock.now(),
          expiresAt: clock.now() + 10 * minute,
          usedAt: null,
          revokedAt: null,
        },
      );
      const record = await tokens.find(refresh);
      assert.deepEqual({ ...record?.attributes }, { ...source.attributes, refresh_count: '0' });
      assert.equal(record?.kind, 'refresh');
    });

    test('keep the members in which a token differs, also an attribute that it lacks', async () => {
      const { refresh } = await signIn();
      const record = await tokens.findRefresh(refresh);
      assert.ok(record);
      const own = { applicationId: 'other', clientId: 'other client', uid: null, sid: null };
      const attributes = { auth_level: 'aal2', act: '{}' };
      const source = { ...record, ...own, attributes };
      const token = newToken('access', source as never, { scope: 'a', attributes });
      await database.batch(tokens.issueStatements(source, [token]));
      const found = await tokens.find(token.token);
      assert.deepEqual(
        [
          found?.applicationId,
          found?.clientId,
          found?.uid,
          found?.sid,
          found?.scope,
          { ...found?.attributes },
        ],
        ['other', 'other client', null, null, 'a', attributes],
      );
      assert.equal(found?.family, record.family);
    });

    test('write one row for an access token alone, and none of the attributes again for a refresh', async () => {
      const source = authorization({ uid: null, sid: null });
      assert.equal(tokens.issueStatements(source, [newToken('access', source)]).length, 1);
      const { refresh } = await signIn(authorization());
      const record = await tokens.findRefresh(refresh);
      assert.ok(record);
      const again = { ...record };
      const statements = tokens.issueStatements(again, [newToken('access', again as never)]);
      assert.ok(!JSON.stringify(statements).includes('sealed'));
      assert.ok(JSON.stringify(statements.flatMap(({ values }) => values)).length < 200);
    });

    test('are found by values without a place, and not by values of another key', async () => {
      const source = authorization();
      const other = 'a value of another form';
      const token = newToken('access', source, { token: other, ...tokens.placeOf(other) });
      await database.batch(tokens.issueStatements(source, [token]));
      assert.ok(await isLive(other));
      const foreign = new Tokens(database, clock, new Vault(new Uint8Array(32).fill(8)));
      const { access, refresh } = await signIn();
      for (const value of [access, refresh]) assert.equal(await foreign.find(value), undefined);
      for (const value of ['', 'x', randomToken(33), `${access}x`, `e30.${access}.x`, '.'.repeat(10_000)])
        assert.equal(await tokens.find(value), undefined);
    });

    test('are found by a JWT that begins with its jti', async () => {
      const source = authorization();
      const jti = tokens.newAccessToken(source);
      const jwt = `e30.${Buffer.from(JSON.stringify({ jti: jti.token, iss: 'x', more: 'y'.repeat(500) })).toString('base64url')}.sig`;
      const before = await countIn('access_token');
      await database.batch(
        tokens.issueStatements(source, [newToken('access', source, tokens.asJwt(jti, jwt))]),
      );
      assert.ok(await isLive(jwt));
      assert.equal(await isLive(jti.token), false);
      assert.equal(await countIn('access_token'), before);
    });

    test('exist twice with one id, as two processes make them', async () => {
      const processes = [new Tokens(database, clock, vault), new Tokens(database, clock, vault)];
      const source = authorization();
      const made = [];
      for (const one of processes) {
        const sources = authorization({
          family: source.family.slice(0, -4).concat(String(1000 + made.length)),
        });
        const token = newToken('access', sources, one.newAccessToken(sources));
        const refresh = newToken('refresh', sources, one.newRefreshToken());
        await database.batch(tokens.issueStatements(sources, [token, refresh]));
        made.push(token.token, refresh.token);
      }
      for (const token of made) assert.ok(await isLive(token));
    });

    test('keep a parsed authorization, and read its state each time', async () => {
      const { source, refresh } = await signIn();
      const next = await refreshed(refresh);
      const other = new Tokens(database, clock, vault);
      const found = await tokens.findRefresh(next.refresh);
      const elsewhere = await other.findRefresh(next.refresh);
      assert.deepEqual(elsewhere, found);
      for (const [process, record] of [
        [tokens, found],
        [other, elsewhere],
      ] as const)
        assert.equal((await process.findRefresh(next.refresh))?.grant.data, record?.grant.data);
      const { statement } = other.renewAccess(elsewhere?.grant ?? assert.fail());
      await database.batch([statement]);
      assert.equal((await tokens.findRefresh(next.refresh))?.grant.generation, 1);
      await other.revokeFamily(source.family, note);
      assert.equal((await tokens.findRefresh(next.refresh))?.revokedAt, clock.now());
    });

    test('are spent once, and then name their successor', async () => {
      const { refresh } = await signIn();
      const both = await Promise.all([refreshed(refresh), refreshed(refresh)]);
      assert.deepEqual(both.map(({ done }) => done).sort(), [false, true]);
      assert.equal(await tokens.successorOf(refresh), 'sealed successor');
      assert.equal((await tokens.findRefresh(refresh))?.usedAt, clock.now());
      const winner = both.find(({ done }) => done);
      assert.ok(winner && (await isLive(winner.access)) && (await isLive(winner.refresh)));
    });

    test('end with their authorization, also those of later refreshes', async () => {
      const { source, access, refresh } = await signIn();
      const other = await signIn();
      const next = await refreshed(refresh);
      assert.equal(await tokens.revokeFamily(source.family, note), 1);
      for (const token of [access, next.access, next.refresh]) assert.equal(await isLive(token), false);
      assert.equal((await refreshed(next.refresh)).done, false);
      assert.equal((await database.batch([tokens.requireLiveStatement(next.access, 'access')])).done, false);
      assert.equal((await database.batch([tokens.requireLiveStatement(access, 'access')])).done, false);
      assert.equal((await database.batch([tokens.requireLiveStatement(next.refresh)])).done, false);
      assert.equal(await tokens.revokeFamily(source.family, note), 0);
      assert.ok(await isLive(other.access));
    });

    test('end with their session, of one issuer and one provider', async () => {
      const sid = orderedId();
      const mine = await signIn(authorization({ sid }));
      const elsewhere = await signIn(authorization({ sid, issuer: 'https://api.test/other' }));
      const attributes = { 'id_token-issuer': 'https://another.test' };
      const foreign = await signIn(authorization({ sid, attributes }));
      const end = () => tokens.revokeSession(sid, [mine.source.issuer], 'https://provider.test', note);
      assert.deepEqual([await end(), await end()], [1, 0]);
      assert.deepEqual(await Promise.all([mine, elsewhere, foreign].map(({ refresh }) => isLive(refresh))), [
        false,
        true,
        true,
      ]);
      const issuers = ['https://api.test/other', mine.source.issuer];
      assert.equal((await database.run(tokens.revokeSessionStatement(sid, issuers))).changes, 2);
    });

    test('are revoked alone, the first of an authorization and a later one', async () => {
      const { access, refresh } = await signIn();
      const next = await refreshed(refresh);
      await database.run(tokens.revokeStatement(next.access));
      assert.deepEqual([await isLive(next.access), await isLive(access)], [false, true]);
      await database.run(tokens.revokeStatement(access));
      assert.deepEqual([await isLive(access), await isLive(next.refresh)], [false, true]);
    });

    test('renewAccess revokes the earlier access tokens alone', async () => {
      const { access, refresh } = await signIn();
      const next = await refreshed(refresh);
      const record = await tokens.findRefresh(next.refresh);
      assert.ok(record);
      const { grant, statement } = tokens.renewAccess(record.grant);
      const source = { ...record, grant };
      const token = newToken('access', source as never);
      await database.batch([statement, ...tokens.issueStatements(source, [token])]);
      assert.deepEqual(await Promise.all([access, next.access, next.refresh, token.token].map(isLive)), [
        false,
        false,
        true,
        true,
      ]);
      assert.equal((await database.batch([tokens.requireLiveStatement(next.access, 'access')])).done, false);
      assert.equal((await database.batch([tokens.requireLiveStatement(token.token, 'access')])).done, true);
    });

    test('lastGivenOut returns the time of the last refresh of a session', async () => {
      const sid = orderedId();
      assert.equal(await tokens.lastGivenOut(sid), undefined);
      const { refresh } = await signIn(authorization({ sid }));
      assert.equal(await tokens.lastGivenOut(sid), clock.now());
      clock.advance(60);
      const next = await refreshed(refresh);
      assert.equal(await tokens.lastGivenOut(sid), clock.now());
      clock.advance(60);
      await database.batch([tokens.requireLiveStatement(next.refresh)]);
      assert.equal(await tokens.lastGivenOut(sid), clock.now());
    });

    test('are removed a day or two after they expired, around those that live longer', async () => {
      for (const table of ['token_grant', 'access_token', 'refresh_token'])
        await database.run(sql(`DELETE FROM ${table}`));
      const long = authorization();
      const lasting = newToken('refresh', long, { expiresAt: clock.now() + 30 * day });
      await database.batch(tokens.issueStatements(long, [newToken('access', long), lasting]));
      for (let n = 0; n < 600; n++) await refreshed((await signIn()).refresh);
      clock.advance(60 * 60 + 1);
      clock.advance((day / 1000) * 1.5);
      const { refresh: young } = await signIn();
      await tokens.sweep();
      assert.deepEqual([await countIn('access_token'), await countIn('refresh_token')], [0, 1_202]);
      clock.advance(day / 1000);
      await tokens.sweep();
      assert.deepEqual([await countIn('refresh_token'), await countIn('token_grant')], [2, 2]);
      assert.ok(await isLive(lasting.token));
      assert.ok((await tokens.find(young)) !== undefined);
      clock.advance((32 * day) / 1000);
      await tokens.sweep();
      assert.deepEqual([await countIn('refresh_token'), await countIn('token_grant')], [0, 0]);
    });
  });

describe('Tokens in two processes on PostgreSQL', { timeout: 60_000 }, () => {
  test('find a revocation by the other, and keep a found token until then', async (t) => {
    const url = await server.create('two_processes');
    const [here, there] = [await openDatabase(url, ''), await connectDatabase(url, '')];
    t.after(() => Promise.all([here.close(), there.close()]));
    here.onForeignChange(() => undefined);
    const clock = new ManualClock(Date.now());
    const vault = new Vault(new Uint8Array(32).fill(7));
    const [mine, theirs] = [new Tokens(here, clock, vault), new Tokens(there, clock, vault)];
    const source = {
      issuer: 'x',
      family: orderedId(),
      applicationId: 'a',
      clientId: 'c',
      uid: null,
      sid: null,
      scope: '',
      attributes: {},
    };
    const made = {
      kind: 'access',
      scope: '',
      attributes: {},
      issuedAt: 0,
      expiresAt: clock.now() + minute,
    } as const;
    const placed = theirs.newAccessToken(source);
    const { token } = placed;
    await there.batch(theirs.issueStatements(source, [{ ...made, ...placed }]));
    const read = async () => {
      await nextTurn();
      return mine.findAccess(token);
    };
    let known = await read();
    for (let last: typeof known; last === undefined || last !== known; ) {
      last = known;
      known = await read();
    }
    const more = { ...source, family: orderedId() };
    await there.batch(theirs.issueStatements(more, [{ ...made, ...theirs.newAccessToken(more) }]));
    assert.equal(await read(), known, 'after another token was added');
    await there.run(theirs.revokeStatement(token));
    while ((await read())?.revokedAt === null);
  });
});
