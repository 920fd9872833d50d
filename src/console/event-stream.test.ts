import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { systemClock } from '@alongside/kernel/clock';
import { EventRecorder } from '@alongside/kernel/events';
import { openDatabase } from '../storage/dialects.ts';
import { StoredEvents } from '../storage/events.ts';
import { eventStream } from './event-stream.ts';

describe('eventStream', () => {
  const folder = mkdtempSync(join(tmpdir(), 'alongside-events-'));
  after(() => rmSync(folder, { recursive: true, force: true }));

  test('yields events that another process stores', async () => {
    const [here, elsewhere] = await Promise.all([openDatabase('', folder), openDatabase('', folder)]);
    const recorder = new EventRecorder(systemClock, new StoredEvents(elsewhere));
    const gone = new AbortController();
    const parts = { database: here, events: new StoredEvents(here), listenEvents: () => () => undefined };
    const stream = eventStream(parts, { since: 0 }, gone.signal);
    await stream.next();
    const next = stream.next();
    recorder.record({ keys: ['k'], from: 'browser', to: 'cis2', name: 'elsewhere' });
    await recorder.flush();
    assert.match(String((await next).value), /"name":"elsewhere"/);
    gone.abort();
    assert.equal((await stream.next()).done, true);
    await Promise.all([here.close(), elsewhere.close()]);
  });

  test('sends heartbeats and removes its listeners', async () => {
    const database = await openDatabase(':memory:', '');
    const gone = new AbortController();
    let listeners = 0;
    const listenEvents = () => {
      listeners += 1;
      return () => {
        listeners -= 1;
      };
    };
    const stream = eventStream(
      { database, events: new StoredEvents(database), listenEvents },
      { since: 0 },
      gone.signal,
      1,
    );
    assert.match(String((await stream.next()).value), /^retry/);
    assert.equal((await stream.next()).value, ': still here\n\n');
    assert.equal(listeners, 1);
    gone.abort();
    assert.equal((await stream.next()).done, true);
    assert.equal(listeners, 0);
    await database.close();
  });
});
