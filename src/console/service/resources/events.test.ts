import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import http from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, describe, test } from 'node:test';
import { systemClock } from '@alongside/kernel/clock';
import { EventRecorder, type JourneyEvent } from '@alongside/kernel/events';
import { parseOwnJson } from '@alongside/kernel/json';
import { openDatabase } from '../../../storage/dialects.ts';
import { StoredEvents } from '../../../storage/events.ts';
import { startConsole, type TestConsole } from '../../testing/console.ts';
import { eventStream } from './events.ts';

/** Reads server-sent events. */
interface Reader {
  headers: http.IncomingHttpHeaders;
  /** Resolves with this number of blocks. */
  blocks(count: number): Promise<string[]>;
  ended: Promise<void>;
  leave(): void;
}

function follow(port: number, path: string, headers: http.OutgoingHttpHeaders = {}): Promise<Reader> {
  return new Promise((resolve, reject) => {
    const request = http.get({
      host: '127.0.0.1',
      port,
      path,
      agent: false,
      headers: { accept: 'text/event-stream', ...headers },
    });
    request.on('error', reject);
    request.on('response', (response) => {
      let text = '';
      const waiting: (() => void)[] = [];
      const found = () => text.split('\n\n').slice(0, -1);
      response.setEncoding('utf8');
      response.on('data', (piece: string) => {
        text += piece;
        for (const wake of waiting) wake();
      });
      response.on('error', () => undefined);
      const ended = new Promise<void>((done) => response.on('close', done));
      resolve({
        headers: response.headers,
        ended,
        blocks: (count) =>
          new Promise((done) => {
            const look = () => found().length >= count && done(found());
            waiting.push(look);
            look();
          }),
        leave: () => request.destroy(),
      });
    });
  });
}

describe('/events', () => {
  let console_: TestConsole;
  const readers: Reader[] = [];
  before(async () => {
    console_ = await startConsole();
  });
  afterEach(() => {
    for (const reader of readers.splice(0)) reader.leave();
  });
  after(() => console_.close());

  const happen = async (key: string, name: string) => {
    console_.recorder.record({ keys: [key], from: 'browser', to: 'cis2', name });
    await console_.recorder.flush();
  };
  const list = async (query = '') =>
    (await console_.send(`/api/v1/events${query}`)).body.events as JourneyEvent[];
  const open = async (query = '', headers = {}) => {
    const reader = await follow(console_.port, `/api/v1/events${query}`, headers);
    readers.push(reader);
    return reader;
  };
  const dataOf = (block: string): JourneyEvent =>
    parseOwnJson<JourneyEvent>(/^data: (.*)$/m.exec(block)?.[1] ?? '{}');

  test('lists events by number and journey', async () => {
    await happen('a', 'one');
    await happen('b', 'two');
    await happen('a', 'three');
    const all = await list();
    assert.deepEqual(
      all.map(({ name }) => name),
      ['one', 'two', 'three'],
    );
    assert.deepEqual(
      (await list(`?journey=${all[0]?.journey}`)).map(({ name }) => name),
      ['one', 'three'],
    );
    assert.deepEqual(
      (await list(`?since=${all[1]?.seq}`)).map(({ name }) => name),
      ['three'],
    );
  });

  test('streams stored events, then new ones', async () => {
    const before_ = await list();
    const reader = await open();
    assert.equal(reader.headers['content-type'], 'text/event-stream');
    await reader.blocks(1 + before_.length);
    await happen('c', 'live');
    const blocks = await reader.blocks(2 + before_.length);
    assert.match(blocks[0] ?? '', /^retry: \d+/);
    assert.deepEqual(
      blocks
        .slice(1)
        .map(dataOf)
        .map(({ name }) => name),
      [...before_.map(({ name }) => name), 'live'],
    );
    assert.match(blocks.at(-1) ?? '', new RegExp(`^id: ${dataOf(blocks.at(-1) ?? '').seq}\n`));
  });

  test('continues after Last-Event-ID', async () => {
    const all = await list();
    const last = all.at(-1)?.seq ?? 0;
    const reader = await open('?since=0', { 'last-event-id': String(last) });
    await reader.blocks(1);
    await happen('d', 'after');
    assert.equal(dataOf((await reader.blocks(2))[1] ?? '').name, 'after');
  });

  test('streams one journey', async () => {
    const [first] = await list();
    const reader = await open(`?journey=${first?.journey}`);
    await reader.blocks(3);
    await happen('b', 'foreign');
    await happen('a', 'own');
    const blocks = await reader.blocks(4);
    assert.equal(dataOf(blocks[3] ?? '').name, 'own');
  });

  test('neither misses nor repeats events under load', async () => {
    const last = (await list()).at(-1)?.seq ?? 0;
    const reader = await open(`?since=${last}`);
    await Promise.all(Array.from({ length: 40 }, (_, index) => happen(`m${index}`, `m${index}`)));
    const names = (await reader.blocks(41)).slice(1).map((block) => dataOf(block).name);
    assert.equal(new Set(names).size, 40);
    assert.deepEqual(
      names,
      (await list(`?since=${last}`)).map(({ name }) => name),
    );
  });

  test('refuses a stream to another origin', async () => {
    const answer = await console_.send('/api/v1/events', {
      headers: { accept: 'text/event-stream', origin: 'http://evil.test' },
    });
    assert.equal(answer.status, 403);
  });
});

test('ends streams when the console stops', async () => {
  const console_ = await startConsole();
  const reader = await follow(console_.port, '/api/v1/events');
  await reader.blocks(1);
  await Promise.all([console_.close(), reader.ended]);
});

test('opens at most a hundred streams', async () => {
  const console_ = await startConsole();
  const readers = await Promise.all(
    Array.from({ length: 100 }, () => follow(console_.port, '/api/v1/events')),
  );
  await Promise.all(readers.map((reader) => reader.blocks(1)));
  const accept = { headers: { accept: 'text/event-stream' } };
  assert.equal((await console_.send('/api/v1/events', accept)).body.error, 'too_many_streams');
  readers[0]?.leave();
  let room: Reader | undefined;
  // The console notices once its side of the connection is closed.
  for (let attempt = 0; attempt < 200 && !room; attempt++) {
    const candidate = await follow(console_.port, '/api/v1/events');
    if (candidate.headers['content-type'] === 'text/event-stream') room = candidate;
    else candidate.leave();
  }
  assert.ok(room);
  await console_.close();
});

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
