import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { ManualClock } from '@alongside/kernel/clock';
import { uuid } from '@alongside/kernel/ids';
import { Servers } from './server-call.ts';
import { inTrace, Traces } from './traces.ts';

interface SentSpan {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  kind: number;
  startTimeUnixNano: string;
  endTimeUnixNano: string;
  status?: { code: number };
  attributes: { key: string; value: { stringValue?: string; intValue?: string } }[];
}

describe('spans of an agent that runs alone', () => {
  const clock = new ManualClock(1_700_000_000_000);
  const received: string[] = [];
  const traceparents: (string | undefined)[] = [];
  let server: Server;
  let origin: string;
  before(async () => {
    server = createServer(async (request, response) => {
      const parts: Buffer[] = [];
      for await (const part of request) parts.push(part);
      if (request.url === '/v1/traces') {
        assert.equal(request.headers['content-type'], 'application/json');
        received.push(Buffer.concat(parts).toString());
      } else traceparents.push(request.headers.traceparent as string | undefined);
      clock.advance(1);
      response.writeHead(request.url === '/refused' ? 403 : 200, { 'content-type': 'application/json' });
      response.end('{}');
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  after(() => {
    server.close();
    server.closeAllConnections();
  });

  const request = () => ({ id: uuid(), method: 'GET' });
  async function callTwice(servers: Servers): Promise<{ status: number }> {
    await servers.call({ method: 'POST', url: `${origin}/sessions/secret-session-id/proof?x=secret` });
    await servers.call({ method: 'POST', url: `${origin}/refused` });
    return { status: 302 };
  }

  test('are one for a request and one for each of its calls, which send it as traceparent', async () => {
    const servers = new Servers();
    const traces = new Traces(`${origin}/`, clock, '1.2.3');
    const seen = request();
    await inTrace(seen, { traces, route: '/v1/cis2' }, () => callTwice(servers));
    await traces.stop();
    servers.close();
    const [body = ''] = received;
    const { resourceSpans } = JSON.parse(body) as {
      resourceSpans: { resource: object; scopeSpans: { spans: SentSpan[] }[] }[];
    };
    const spans = resourceSpans[0]?.scopeSpans[0]?.spans ?? [];
    assert.deepEqual(
      spans.map(({ name, kind, status }) => [name, kind, status?.code]),
      [
        ['POST', 3, undefined],
        ['POST', 3, 2],
        ['GET /v1/cis2', 2, undefined],
      ],
    );
    const [first, second, whole] = spans;
    assert.equal(whole?.traceId, seen.id.replaceAll('-', ''));
    for (const span of [first, second]) {
      assert.deepEqual([span?.traceId, span?.parentSpanId], [whole?.traceId, whole?.spanId]);
      assert.ok(traceparents.includes(`00-${span?.traceId}-${span?.spanId}-01`));
    }
    assert.equal(whole?.startTimeUnixNano, '1700000000000000000');
    assert.equal(whole?.endTimeUnixNano, '1700000002000000000');
    assert.match(JSON.stringify(resourceSpans[0]?.resource), /"service.name".*"identity-agent"/);
    assert.doesNotMatch(body, /secret|sessions/);
  });

  test('are not made without an endpoint, when calls have the trace of their request all the same', async () => {
    const servers = new Servers();
    received.length = 0;
    traceparents.length = 0;
    const seen = request();
    await inTrace(seen, { traces: undefined, route: '/' }, () => callTwice(servers));
    await servers.call({ method: 'GET', url: `${origin}/outside-a-request` });
    servers.close();
    const [first, second, outside] = traceparents;
    assert.match(first ?? '', new RegExp(`^00-${seen.id.replaceAll('-', '')}-[\\da-f]{16}-01$`));
    assert.equal(second, first);
    assert.equal(outside, undefined);
    assert.deepEqual(received, []);
  });

  test('are dropped if the collector does not respond, and cost no call', async () => {
    const servers = new Servers();
    const traces = new Traces('http://127.0.0.1:9', clock, '1.2.3');
    for (let count = 0; count < 600; count++)
      await inTrace(request(), { traces, route: '/' }, async () => ({ status: 200 }));
    await traces.stop();
    servers.close();
  });
});
