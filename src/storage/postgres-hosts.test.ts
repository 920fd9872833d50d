import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { dirname } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import {
  postgresMissing,
  startPostgres,
  type TestPostgres,
  type TestStandby,
} from '../../test/testing/postgres.ts';
import { type Database, sql } from './database.ts';
import { connectDatabase, isDatabaseSetting } from './dialects.ts';
import { hostsOf, PostgresHosts } from './postgres-hosts.ts';

describe('several hosts in a connection string', () => {
  test('are addresses of their own, in order', () => {
    const urls = (setting: string) => hostsOf(setting).map(({ url }) => url);
    assert.deepEqual(
      urls('postgres://me:p%2Cw@a,b:5433,[::1]:7/db?sslmode=require&target_session_attrs=read-write'),
      [
        'postgres://me:p%2Cw@a/db?sslmode=require',
        'postgres://me:p%2Cw@b:5433/db?sslmode=require',
        'postgres://me:p%2Cw@[::1]:7/db?sslmode=require',
      ],
    );
    assert.deepEqual(urls('postgresql://a,b/db'), ['postgresql://a/db', 'postgresql://b/db']);
    assert.deepEqual(urls('postgres://a/db?host=%2Ftmp%2Fb'), ['postgres://a/db?host=%2Ftmp%2Fb']);
    assert.ok(isDatabaseSetting('postgres://a,b:5433/db?target_session_attrs=primary'));
    assert.throws(
      () => hostsOf('postgres://a,b/db?target_session_attrs=any'),
      /must be read-write or primary/,
    );
  });
});

describe('a database of two servers', { skip: postgresMissing }, () => {
  let primary: TestPostgres;
  let standby: TestStandby;
  let setting: string;
  before(async () => {
    primary = await startPostgres();
    await primary.create('hosts');
    standby = await primary.startStandby();
    const places = [dirname(standby.socket), dirname(primary.socket)].map(encodeURIComponent);
    setting = `postgres://alongside@${places.join(',')}/hosts?target_session_attrs=read-write`;
  });
  after(async () => {
    await standby.stop();
    await primary.stop();
  });

  /** Tries until it succeeds; returns the milliseconds that took. */
  async function until(work: () => Promise<unknown>): Promise<number> {
    const began = performance.now();
    for (;;)
      try {
        await work();
        return performance.now() - began;
      } catch (error) {
        if (performance.now() - began > 20_000) throw error;
        await pause(20);
      }
  }
  const count = async (database: Database) =>
    (await database.get<{ n: number }>(sql('SELECT COUNT(*) AS n FROM written')))?.n;

  test('is used through the primary, and again after the standby has taken over', async () => {
    const options = { connectTimeout: 1_000, timeout: 2_000 };
    const [one, other] = [
      await connectDatabase(setting, '', options),
      await connectDatabase(setting, '', options),
    ];
    try {
      assert.match(one.description, /^PostgreSQL .+,.+\/hosts$/);
      await one.run(sql('CREATE TABLE written (id INTEGER)'));
      let heard = 0;
      other.onForeignChange(() => {
        heard += 1;
      });
      await one.run(sql('INSERT INTO written VALUES (1)'));
      await primary.crash();
      await assert.rejects(one.run(sql('INSERT INTO written VALUES (2)')));
      standby.promote();
      // The new primary has no standby to wait for.
      const took = await until(() => one.run(sql('INSERT INTO written VALUES (3)')));
      assert.ok(took < 15_000, `${took} ms`);
      await until(async () => assert.equal(await count(other), 2));
      // The other process listens at the new primary.
      const before = heard;
      one.onForeignChange(() => undefined);
      await until(async () => {
        await one.run(sql('INSERT INTO written VALUES (4)'));
        await pause(200);
        assert.ok(heard > before, 'nothing was heard');
      });
      assert.deepEqual(await one.healthy(), { ok: true });
    } finally {
      await one.close();
      await other.close();
    }
  });

  test('is found although a lost server before it in the list is silent, and its successor takes over meanwhile', async (t) => {
    const silent = createServer().listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const old = await startPostgres();
    t.after(() => old.stop());
    t.after(() => silent.close());
    await old.create('hosts');
    const successor = await old.startStandby();
    t.after(() => successor.stop());
    const lost = `127.0.0.1:${(silent.address() as AddressInfo).port}`;
    const searching = async (socket: string) => {
      const place = encodeURIComponent(dirname(socket));
      const hosts = new PostgresHosts(`postgres://alongside@${lost},${place}/hosts`, 10_000);
      const began = performance.now();
      await hosts.search();
      assert.ok(hosts.url.includes(place), hosts.url);
      return performance.now() - began;
    };
    const found = await searching(old.socket);
    assert.ok(found < 5_000, `${found} ms`);
    const search = searching(successor.socket);
    await pause(300);
    await old.crash();
    successor.promote();
    const took = await search;
    assert.ok(took < 9_000, `${took} ms`);
  });

  test('is refused with the answer of each server if none takes writes', async () => {
    const folder = encodeURIComponent('/nowhere');
    await assert.rejects(
      connectDatabase(`postgres://alongside@${folder},${folder}/hosts`, ''),
      /^OperatorError: PostgreSQL \/nowhere,\/nowhere\/hosts cannot be used: no server takes writes \(\/nowhere: .*ENOENT.*; \/nowhere: .*ENOENT.*\)\.$/,
    );
  });
});
