import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sql } from '../storage/database.ts';
import { openDatabase } from '../storage/dialects.ts';
import { StoredEvents } from '../storage/events.ts';
import { clearOldHappenings } from './old-happenings.ts';

const day = 86_400_000;

test('sessions that ended and events that happened thirty days ago are cleared, and nothing else', async () => {
  const database = await openDatabase(':memory:', '');
  const events = new StoredEvents(database);
  const now = 100 * day;
  const session = async (sid: string, endedAt: number | null) => {
    await database.run(
      sql(
        `INSERT INTO cis2_session (sid, cookie_hash, uid, body, created_at, active_at, ends_at, ended_at)
         VALUES (?, ?, '1', '{}', 0, 0, 1, ?)`,
        sid,
        sid,
        endedAt,
      ),
    );
    await database.run(
      sql("INSERT INTO cis2_session_client (sid, client_id, joined_at) VALUES (?, 'client', 0)", sid),
    );
  };
  const sidsOf = async (table: string) =>
    (await database.all<{ sid: string }>(sql(`SELECT sid FROM ${table} ORDER BY sid`))).map(({ sid }) => sid);
  try {
    await session('live', null);
    await session('lately', now - 29 * day);
    await session('long ago', now - 31 * day);
    const event = { journey: 'j', from: 'cis', to: 'cis2', outcome: 'ok', detail: {} } as const;
    const at = (time: number) => new Date(time).toISOString();
    // More than one step removes.
    const old = Array.from({ length: 1_100 }, () => ({ ...event, name: 'old', at: at(now - 31 * day) }));
    await events.append([...old, { ...event, name: 'new', at: at(now) }], []);
    await clearOldHappenings({ database, events, now });
    assert.deepEqual(await sidsOf('cis2_session'), ['lately', 'live']);
    assert.deepEqual(await sidsOf('cis2_session_client'), ['lately', 'live']);
    assert.deepEqual(
      (await events.list()).map(({ name }) => name),
      ['new'],
    );
  } finally {
    await database.close();
  }
});
