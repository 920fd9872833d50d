import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Activity, activity, observed } from './activity.ts';
import { json } from './answer.ts';
import { ManualClock } from './clock.ts';
import { EventRecorder, type EventStore } from './events.ts';
import { createListener } from './http.ts';
import { inProcess } from './in-process.ts';
import { type LineLog, requestLog, silentLog } from './log.ts';
import { route } from './route.ts';

const errors = () => json(500, {});
const quiet = { ended: () => undefined };

interface Written {
  level: string;
  message: string;
  fields: Record<string, unknown>;
}

/** An observer that writes lines to a list. */
function linesTo(lines: Written[], logsAll = true) {
  const log: LineLog = {
    writes: () => true,
    write: (level, members, message) =>
      void lines.push({ level, message, fields: JSON.parse(`{${members.slice(1)}}`) }),
  };
  return requestLog({
    logOf: () => log,
    logsAll,
    notable: new Map([['cis2.sign-in', 'signed in']]),
    polled: new Set(['/readyz']),
  });
}

describe('an activity', () => {
  test('keeps the first client, application and user, and no NHS number', () => {
    const request = new Activity('api', 'GET');
    request.note({ client: 'one', user: '9000000009' });
    request.note({ client: 'two', application: 'app', user: '656005750108' });
    assert.deepEqual(request.caller, { client: 'one', application: 'app', user: '656005750108' });
  });

  test('belongs to the current request, also after an await, and is undefined outside one', async () => {
    const seen = async (name: string) => {
      await new Promise(setImmediate);
      return activity()?.service === name;
    };
    const both = await Promise.all(
      ['one', 'two'].map((name) => observed(quiet, new Activity(name, 'GET'), () => seen(name))),
    );
    assert.deepEqual(both, [true, true]);
    assert.equal(activity(), undefined);
  });

  test('calls back the observer once the events of the request are stored and its journey is known', async () => {
    const store: EventStore = {
      journeysOf: async () => new Map(),
      durable: () => undefined,
      append: async () => undefined,
    };
    const recorder = new EventRecorder(new ManualClock(0), store, { gather: 20, alone: false });
    const request = new Activity('api', 'GET');
    const decided: string[] = [];
    await observed({ ended: () => decided.push('ended') }, request, async () =>
      recorder.record({ keys: ['a-value'], from: 'browser', to: 'cis2', name: 'cis2.authorize' }),
    );
    assert.deepEqual([request.journey, decided], [undefined, []]);
    await recorder.keep();
    assert.deepEqual(decided, ['ended']);
    assert.match(request.journey ?? '', /^[\da-f-]{36}$/);
  });

  test('logs a line without the journey while storage is unavailable', async () => {
    const store: EventStore = {
      journeysOf: () => Promise.reject(new Error('away')),
      durable: () => undefined,
      append: async () => undefined,
    };
    const recorder = new EventRecorder(new ManualClock(0), store, { gather: 20 });
    const lines: Written[] = [];
    const request = new Activity('api', 'GET');
    await observed(linesTo(lines), request, async () =>
      recorder.record({ keys: ['a-value'], from: 'browser', to: 'cis2', name: 'cis2.authorize' }),
    );
    assert.equal(lines.length, 0);
    await assert.rejects(recorder.keep());
    assert.deepEqual([lines.length, lines[0]?.fields.journey], [1, undefined]);
  });
});

describe('the line of a request', () => {
  const lines: Written[] = [];
  const routes = [
    ...route('/people/:id', { GET: { endpoint: () => json(200, {}), errors } }),
    ...route('/readyz', { GET: { endpoint: () => json(200, {}), errors } }),
    ...route('/broken', { GET: { endpoint: () => Promise.reject(new TypeError('why')), errors } }),
    ...route('/sign-in', {
      GET: {
        endpoint() {
          activity()?.noteAct({ action: 'cis2.sign-in', outcome: 'ok', actor: '656005750108' });
          return json(200, {});
        },
        errors,
      },
    }),
  ];

  /** Calls the listener. Returns the lines that follow. */
  async function linesOf(path: string, logsAll = true, headers: Record<string, string> = {}) {
    lines.length = 0;
    const observer = linesTo(lines, logsAll);
    const listener = createListener(routes, { name: 'test', log: silentLog, observer });
    const port = await listener.listen(0);
    const response = await fetch(`http://127.0.0.1:${port}${path}`, { headers });
    await response.text();
    await listener.close();
    return { written: [...lines], response };
  }

  test('contains the template of the route, the id of the response and the trace of the caller', async () => {
    const trace = 'a'.repeat(32);
    const { written, response } = await linesOf('/people/9000000009?x=1', true, {
      traceparent: `00-${trace}-${'b'.repeat(16)}-01`,
    });
    assert.deepEqual(
      written.map(({ level, message }) => [level, message]),
      [['info', 'request']],
    );
    const { id, traceId, route, method, status, outcome } = written[0]?.fields ?? {};
    assert.equal(id, response.headers.get('x-message-id'));
    assert.deepEqual([traceId, route, method, status, outcome], [trace, '/people/:id', 'GET', 200, 'ok']);
    assert.doesNotMatch(JSON.stringify(written), /9000000009|x=1/);
  });

  test('ignores a malformed traceparent', async () => {
    const { written } = await linesOf('/people/1', true, { traceparent: '00-<script>-b-01' });
    assert.equal(written[0]?.fields.traceId, undefined);
  });

  test('notes whether the route waits on purpose', async () => {
    const ended: [route: string, waits: boolean][] = [];
    const handler = { endpoint: async () => json(200, {}), errors };
    const listener = createListener(
      [...route('/news', { GET: { ...handler, waits: true } }), ...route('/state', { GET: handler })],
      { name: 'test', log: silentLog, observer: { ended: ({ route, waits }) => ended.push([route, waits]) } },
    );
    const port = await listener.listen(0);
    for (const path of ['/news', '/state', '/nowhere']) await fetch(`http://127.0.0.1:${port}${path}`);
    await listener.close();
    assert.deepEqual(ended, [
      ['/news', true],
      ['/state', false],
      ['other', false],
    ]);
  });

  for (const [path, logsAll, level, message] of [
    ['/people/1', false, 'debug', 'request'],
    ['/readyz', true, 'debug', 'request'],
    ['/sign-in', false, 'info', 'signed in'],
    ['/nowhere', false, 'info', 'refused'],
    ['/broken', false, 'error', 'failed'],
  ] as const)
    test(`is at ${level} for ${path}${logsAll ? '' : ' if only what matters is logged'}`, async () => {
      const { written } = await linesOf(path, logsAll);
      assert.deepEqual(
        written.map((line) => [line.level, line.message]),
        [[level, message]],
      );
    });

  test('has the reason and stack of an unexpected error', async () => {
    const { written } = await linesOf('/broken');
    const { detail, stack, outcome, error } = written[0]?.fields ?? {};
    assert.deepEqual([detail, outcome, error], ['why', 'failed', 'kernel.unexpected']);
    assert.match(String(stack), /TypeError: why/);
  });

  test('is at debug for a call within the process, and separate from that of its caller', async () => {
    const inner: Written[] = [];
    const observer = linesTo(inner);
    const ask = inProcess(routes, { name: 'inner', log: silentLog, observer });
    const outer = new Activity('outer', 'GET');
    await observed(observer, outer, async () => void (await ask('/nowhere')));
    assert.deepEqual(
      inner.map(({ level, message, fields }) => [level, message, fields.route]),
      [
        ['info', 'refused', 'other'],
        ['info', 'request', 'other'],
      ],
    );
    assert.equal(outer.refusal, undefined);
  });
});
