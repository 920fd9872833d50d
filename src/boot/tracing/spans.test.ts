import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Activity, activity, observed } from '@alongside/kernel/activity';
import { json } from '@alongside/kernel/answer';
import { createListener } from '@alongside/kernel/http';
import { silentLog } from '@alongside/kernel/log';
import { OutboundError, outbound, outboundStream } from '@alongside/kernel/outbound';
import { trustedProxies } from '@alongside/kernel/peer';
import { route } from '@alongside/kernel/route';
import { SpanStatusCode } from '@opentelemetry/api';
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { createTracers } from './provider.ts';
import { tracingSettings } from './settings.ts';
import { requestSpans, traceOutboundCalls } from './spans.ts';

const traceId = 'a'.repeat(32);
const traceparent = `00-${traceId}-${'b'.repeat(16)}-01`;
const here = { privateAddresses: true };

/** Tracers that keep their spans in memory. */
function inMemory() {
  const exporter = new InMemorySpanExporter();
  const provider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] });
  const tracers = { of: (service: string) => provider.getTracer(service), stop: () => provider.shutdown() };
  return { tracers, observer: requestSpans(tracers), spans: () => exporter.getFinishedSpans() };
}

const errors = () => json(500, {});
const routes = [
  ...route('/people/:id', {
    GET: { endpoint: ({ headers }) => json(200, { got: headers.traceparent }), errors },
  }),
  ...route('/broken', { GET: { endpoint: () => Promise.reject(new TypeError('why')), errors } }),
];

describe('the span of a request', () => {
  test('has method, route, status and id, and nothing of its address or its headers', async () => {
    const { observer, spans } = inMemory();
    const listener = createListener(routes, { name: 'test', log: silentLog, observer });
    const port = await listener.listen(0);
    const headers = { authorization: 'Bearer marked-token', traceparent };
    const response = await fetch(`http://127.0.0.1:${port}/people/9000000009?code=marked-code`, { headers });
    await response.arrayBuffer();
    await fetch(`http://127.0.0.1:${port}/broken`);
    await listener.close();
    const [found, broken] = spans();
    assert.equal(found?.name, 'GET /people/:id');
    assert.deepEqual(found.attributes, {
      'http.request.method': 'GET',
      'http.route': '/people/:id',
      'http.response.status_code': 200,
      'alongside.service': 'test',
      'alongside.request.id': response.headers.get('x-message-id'),
    });
    assert.doesNotMatch(JSON.stringify([found.attributes, found.name, found.events]), /marked|9000000009/);
    assert.deepEqual(
      [broken?.status.code, broken?.attributes['error.type']],
      [SpanStatusCode.ERROR, 'kernel.unexpected'],
    );
  });

  for (const [from, isTraceTrusted] of [
    ['a program of this machine', true],
    ['another network', false],
  ] as const)
    test(`${isTraceTrusted ? 'continues' : 'is linked to'} the trace of ${from}`, async () => {
      const { observer, spans } = inMemory();
      const request = new Activity('api', 'GET');
      await observed(observer, request, async (seen) =>
        seen.follow({ ...blank, headers: { traceparent } }, '/x', {}, isTraceTrusted),
      );
      const [span] = spans();
      const own = span?.spanContext().traceId;
      assert.equal(own === traceId, isTraceTrusted);
      assert.equal(request.traceId, own);
      assert.deepEqual(
        [span?.parentSpanContext?.spanId, span?.links.map(({ context }) => context.traceId)],
        isTraceTrusted ? ['b'.repeat(16), []] : [undefined, [traceId]],
      );
    });

  test('is linked to the span that issued its code, and ignores an invalid one', async () => {
    const { observer, spans } = inMemory();
    await observed(observer, new Activity('api', 'POST'), async () => {
      for (const context of [traceparent, undefined, `00-${'0'.repeat(32)}-${'b'.repeat(16)}-01`])
        activity()?.trace?.link(context);
    });
    assert.deepEqual(
      spans()[0]?.links.map(({ context }) => context.spanId),
      ['b'.repeat(16)],
    );
  });

  test('has the journey that is decided after its response', async () => {
    const { observer, spans } = inMemory();
    const request = new Activity('api', 'GET');
    await observed(observer, request, async (seen) => seen.noteEvent({ name: 'cis2.authorize' }));
    assert.equal(spans().length, 0);
    request.decideJourney('a-journey');
    assert.equal(spans()[0]?.attributes['alongside.journey.id'], 'a-journey');
  });
});

/** A request without anything. */
const blank = {
  id: 'id',
  method: 'GET',
  path: '/x',
  params: {},
  query: '',
  rawHeaders: [],
  body: '',
  address: '',
  port: 0,
};

describe('the span of a call to another server', () => {
  test('is a child of the request, and its traceparent is sent', async () => {
    const { tracers, observer, spans } = inMemory();
    const listener = createListener(routes, { name: 'other', log: silentLog, proxies: trustedProxies([]) });
    const address = `http://127.0.0.1:${await listener.listen(0)}/people/1?secret=marked`;
    const stop = traceOutboundCalls(tracers);
    const bodies: string[] = [];
    await observed(observer, new Activity('api', 'GET'), async () => {
      bodies.push((await outbound(address, here, { purpose: 'jwks', headers: { traceparent } })).body);
      const { body } = await outboundStream(address, here, {
        purpose: 'upstream',
        method: 'GET',
        headers: {},
        body: undefined,
        signal: undefined,
        timeouts: { connect: 1_000, headers: 1_000, idle: 1_000 },
      });
      bodies.push(String(Buffer.concat(await body.toArray())));
    });
    await listener.close();
    await assert.rejects(outbound(address, here), OutboundError);
    stop();
    const [jwks, upstream, own, failed] = spans();
    assert.equal(own?.name, 'GET other');
    for (const [index, span] of [jwks, upstream].entries()) {
      const { traceId: trace, spanId } = span?.spanContext() ?? assert.fail();
      assert.equal(span?.parentSpanContext?.spanId, own.spanContext().spanId);
      assert.deepEqual(JSON.parse(bodies[index] ?? ''), { got: `00-${trace}-${spanId}-01` });
      assert.doesNotMatch(JSON.stringify(span.attributes), /marked|people/);
    }
    assert.deepEqual(
      [jwks, upstream, failed].map((span) => [
        span?.attributes['alongside.purpose'],
        span?.attributes['http.response.status_code'] ?? span?.attributes['error.type'],
      ]),
      [
        ['jwks', 200],
        ['upstream', 200],
        ['other', 'unreachable'],
      ],
    );
  });
});

test('a process does not wait longer than two seconds for a collector that is away', async () => {
  const warnings: string[] = [];
  const log = { ...silentLog, warn: (_: unknown, message: string) => void warnings.push(message) };
  const settings = tracingSettings('http://127.0.0.1:1', {}) ?? assert.fail();
  const tracers = createTracers(settings, log);
  tracers.of('api').startSpan('GET').end();
  await tracers.stop();
  assert.deepEqual(warnings, ['the last traces could not be sent in time']);
});
