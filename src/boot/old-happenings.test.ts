import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openDatabase } from '../storage/dialects.ts';
import { StoredEvents } from '../storage/events.ts';
import { clearOldHappenings } from './old-happenings.ts';

const day = 86_400_000;

test('events that happened thirty days ago are cleared, and nothing else', async () => {
  const database = await openDatabase(':memory:', '');
  const events = new StoredEvents(database);
  const now = 100 * day;
  try {
    const event = { journey: 'j', from: 'cis', to: 'cis2', outcome: 'ok', detail: {} } as const;
    const at = (time: number) => new Date(time).toISOString();
    // More than one step removes.
    const old = Array.from({ length: 1_100 }, () => ({ ...event, name: 'old', at: at(now - 31 * day) }));
    await events.append([...old, { ...event, name: 'new', at: at(now) }], []);
    await clearOldHappenings({ events, now });
    assert.deepEqual(
      (await events.list()).map(({ name }) => name),
      ['new'],
    );
  } finally {
    await database.close();
  }
});
