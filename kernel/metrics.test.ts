import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { silentLog } from './log.ts';
import { Metrics, maxLines, type SeriesTable } from './metrics.ts';

const table = {
  calls_total: { kind: 'counter', help: 'Calls.', labels: { route: 'r', method: 'm' }, most: 3 },
  call_duration_seconds: { kind: 'histogram', help: 'Durations.', labels: { route: 'r' }, most: 2 },
  depth: { kind: 'gauge', help: 'Depth.', labels: { queue: 'q' }, most: 2 },
} as const satisfies SeriesTable;

const linesWith = (body: string, name: string): string[] =>
  body.split('\n').filter((line) => line.startsWith(name));

describe('Metrics', () => {
  test('counts further combinations of labels as other', async () => {
    const metrics = await Metrics.open(table, silentLog);
    for (const route of ['/a', '/b', '/c', '/d', '/e', '/a'])
      metrics.add('calls_total', { route, method: 'GET' });
    const { body, type } = await metrics.scrape();
    assert.match(type, /^text\/plain; version=0\.0\.4/);
    assert.deepEqual(linesWith(body, 'calls_total'), [
      'calls_total{route="/a",method="GET"} 2',
      'calls_total{route="/b",method="GET"} 1',
      'calls_total{route="/c",method="GET"} 1',
      'calls_total{route="other",method="other"} 2',
    ]);
  });

  test('distinguishes label values that are equal when joined', async () => {
    const metrics = await Metrics.open(table, silentLog);
    metrics.add('calls_total', { route: 'a', method: 'bc' });
    metrics.add('calls_total', { route: 'ab', method: 'c' });
    metrics.add('calls_total', { route: '', method: 'c' });
    assert.equal(linesWith((await metrics.scrape()).body, 'calls_total').length, 3);
  });

  test('has the names of counters without their suffix in OpenMetrics, and again with it in the plain format', async () => {
    const metrics = await Metrics.open(table, silentLog);
    metrics.add('calls_total', { route: '/a', method: 'GET' });
    metrics.observe('call_duration_seconds', { route: '/a' }, 0.02);
    const open = await metrics.scrape('application/openmetrics-text;version=1.0.0,text/plain;q=0.5');
    assert.match(open.type, /^application\/openmetrics-text; version=1\.0\.0/);
    assert.match(open.body, /^# TYPE calls counter\ncalls_total\{route="\/a",method="GET"\} 1$/m);
    assert.match(open.body, /^call_duration_seconds_bucket\{le="0\.025",route="\/a"\} 1$/m);
    assert.match(open.body, /\n# EOF\n$/);
    assert.doesNotMatch(open.body, /\n\n/);
    assert.match((await metrics.scrape('text/plain')).body, /^# TYPE calls_total counter$/m);
  });

  test('reads a gauge at each scrape, without what has gone', async () => {
    const metrics = await Metrics.open(table, silentLog);
    let queues = ['mail', 'logout'];
    metrics.read('depth', () => queues.map((queue) => [{ queue }, 4] as const));
    assert.equal(linesWith((await metrics.scrape()).body, 'depth').length, 2);
    queues = ['mail'];
    assert.deepEqual(linesWith((await metrics.scrape()).body, 'depth'), ['depth{queue="mail"} 4']);
  });

  test('omits a gauge that cannot be read', async () => {
    const metrics = await Metrics.open(table, silentLog);
    metrics.read('depth', () => Promise.reject(new Error('the database is away')));
    metrics.add('calls_total', { route: '/a', method: 'GET' });
    const { body } = await metrics.scrape();
    assert.deepEqual(linesWith(body, 'depth'), []);
    assert.equal(linesWith(body, 'calls_total').length, 1);
  });

  test('refuses a table that may have too many lines', async () => {
    const large = { wide: { kind: 'counter', help: 'Wide.', labels: { a: 'a' }, most: maxLines } } as const;
    await assert.rejects(Metrics.open(large, silentLog), /may have \d+ lines/);
  });
});
