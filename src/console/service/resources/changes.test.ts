import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Changes } from '../../model/changes.ts';
import { startConsole } from '../../testing/console.ts';
import { changeStream } from './events.ts';

const dataOf = (part: unknown): unknown => JSON.parse(String(part).replace(/^data: /, ''));

describe('the stream of changes', () => {
  test('gathers changes and names each once', async () => {
    const changes = new Changes();
    const gone = new AbortController();
    const stream = changeStream(changes, gone.signal);
    assert.match(String((await stream.next()).value), /^retry:/);
    const next = stream.next();
    changes.announce(['journey', 'desk']);
    changes.announce(['journey']);
    assert.deepEqual(dataOf((await next).value), ['journey', 'desk']);
    gone.abort();
    assert.equal((await stream.next()).done, true);
  });

  test('names what a write has changed, and nothing for a refused one', async () => {
    const console = await startConsole();
    const gone = new AbortController();
    const response = await fetch(`http://localhost:${console.port}/api/v1/changes`, { signal: gone.signal });
    assert.equal(response.headers.get('content-type'), 'text/event-stream');
    assert.equal(response.headers.get('x-accel-buffering'), 'no', 'nginx would hold it back');
    const parts = response.body!.pipeThrough(new TextDecoderStream())[Symbol.asyncIterator]();
    assert.match(String((await parts.next()).value), /^event: count$/m);
    await console.send('/api/v1/faults/no-such-fault', { method: 'PUT', json: {} });
    await console.send('/api/v1/faults/test-fault', { method: 'PUT', json: {} });
    let part = String((await parts.next()).value);
    while (part.startsWith('event: heartbeat')) part = String((await parts.next()).value);
    assert.deepEqual(dataOf(part), ['fault', 'audit']);
    gone.abort();
    await console.close();
  });

  test('passes on events of this process', () => {
    const changes = new Changes();
    let event: () => void = () => assert.fail('nobody listens');
    const heard: string[] = [];
    changes.listen((changed) => heard.push(...changed));
    const stop = changes.follow(
      (listener) => {
        event = listener;
        return () => undefined;
      },
      { onForeignChange: () => () => undefined },
    );
    event();
    stop();
    assert.ok(heard.includes('journey') && heard.includes('desk'));
  });
});
