import { AsyncLocalStorage } from 'node:async_hooks';
import type { Clock } from '@alongside/kernel/clock';
import { newTraceparent } from '@alongside/kernel/ids';
import { OutboundAgents, outbound } from '@alongside/kernel/outbound';

// Spans of an agent that runs alone. The OpenTelemetry SDK is larger than the agent, so this writes OTLP's JSON itself (docs/adr/0074).

type Attributes = Readonly<Record<string, string | number>>;

/** A finished span. Attributes are a closed list: never an address, a query, a person or a card. */
interface Span {
  readonly context: SpanContext;
  readonly name: string;
  readonly kind: 'server' | 'client';
  readonly began: number;
  readonly attributes: Attributes;
  readonly hasFailed: boolean;
}

interface SpanContext {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentId?: string;
  /** Undefined if no endpoint is set. */
  readonly traces: Traces | undefined;
}

const current = new AsyncLocalStorage<SpanContext>();
const contextForm = /^00-([\da-f]{32})-([\da-f]{16})-/;
/** Milliseconds for which spans are gathered. */
const gather = 5_000;
/** Spans are sent at once when this many wait, and dropped beyond the second number. */
const most = { gathered: 64, waiting: 512 };
const kinds = { server: 2, client: 3 } as const;

const attributeValue = (value: string | number) =>
  typeof value === 'number' ? { intValue: String(value) } : { stringValue: value };
const attributesOf = (attributes: Attributes) =>
  Object.entries(attributes).map(([key, value]) => ({ key, value: attributeValue(value) }));
const nanoseconds = (milliseconds: number): string => `${Math.round(milliseconds)}000000`;

/** Sends the spans of an agent to a collector (OTLP 1.0 over HTTP, JSON). A collector that does not respond costs spans alone. */
export class Traces {
  readonly #url: string;
  readonly #clock: Clock;
  readonly #version: string;
  readonly #agents = new OutboundAgents();
  #waiting: object[] = [];
  #timer: NodeJS.Timeout | undefined;
  #sending: Promise<unknown> = Promise.resolve();

  /** @param endpoint base address of the collector, such as `http://127.0.0.1:4318` */
  constructor(endpoint: string, clock: Clock, version: string) {
    this.#url = `${endpoint.replace(/\/$/, '')}/v1/traces`;
    this.#clock = clock;
    this.#version = version;
  }

  get now(): number {
    return this.#clock.now();
  }

  add({ context, name, kind, began, attributes, hasFailed }: Span): void {
    if (this.#waiting.length >= most.waiting) return;
    const { traceId, spanId, parentId } = context;
    this.#waiting.push({
      traceId,
      spanId,
      name,
      kind: kinds[kind],
      attributes: attributesOf(attributes),
      ...(parentId === undefined ? {} : { parentSpanId: parentId }),
      startTimeUnixNano: nanoseconds(began),
      endTimeUnixNano: nanoseconds(this.now),
      ...(hasFailed ? { status: { code: 2 } } : {}),
    });
    if (this.#waiting.length >= most.gathered) void this.send();
    else this.#timer ??= setTimeout(() => void this.send(), gather).unref();
  }

  /** Sends what waits. Never throws. */
  send(): Promise<unknown> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const spans = this.#waiting;
    if (spans.length === 0) return this.#sending;
    this.#waiting = [];
    const resource = { 'service.name': 'identity-agent', 'service.version': this.#version };
    const body = JSON.stringify({
      resourceSpans: [
        {
          resource: { attributes: attributesOf(resource) },
          scopeSpans: [{ scope: { name: 'alongside' }, spans }],
        },
      ],
    });
    this.#sending = outbound(
      this.#url,
      { privateAddresses: true, agents: this.#agents },
      { method: 'POST', headers: { 'content-type': 'application/json' }, body, milliseconds: 2_000 },
    ).catch(() => undefined);
    return this.#sending;
  }

  async stop(): Promise<void> {
    await this.send();
    this.#agents.close();
  }
}

const contextOf = (traceparent: string, traces: Traces | undefined, parentId?: string): SpanContext => {
  const [, traceId = '', spanId = ''] = contextForm.exec(traceparent) ?? [];
  return { traceId, spanId, traces, ...(parentId === undefined ? {} : { parentId }) };
};

/**
 * Runs the work of one request of an agent that runs alone. Its calls to servers have one trace, whose id is that of the request, so
 * that the servers' log lines of a hand-off can be found by the reference of its page.
 */
export async function inTrace<T extends { status: number }>(
  { id, method }: { id: string; method: string },
  { traces, route }: { traces: Traces | undefined; route: string },
  work: () => Promise<T>,
): Promise<T> {
  const context = contextOf(newTraceparent(id), traces);
  if (!traces) return current.run(context, work);
  const began = traces.now;
  const answer = await current.run(context, work);
  traces.add({
    context,
    kind: 'server',
    began,
    name: `${method} ${route}`,
    hasFailed: answer.status >= 500,
    attributes: {
      'http.request.method': method,
      'http.route': route,
      'http.response.status_code': answer.status,
    },
  });
  return answer;
}

/** Calls a server in the trace of the current request, if there is one. `call` gets the `traceparent` to send. */
export async function tracedCall<T extends { status: number }>(
  method: string,
  url: string,
  call: (traceparent: string | undefined) => Promise<T>,
): Promise<T> {
  const parent = current.getStore();
  if (!parent) return call(undefined);
  const { traces, traceId, spanId } = parent;
  if (!traces) return call(`00-${traceId}-${spanId}-01`);
  const context = contextOf(newTraceparent(traceId), traces, spanId);
  const began = traces.now;
  let status = 0;
  try {
    const answer = await call(`00-${traceId}-${context.spanId}-01`);
    status = answer.status;
    return answer;
  } finally {
    const { hostname = '', port = '' } = URL.parse(url) ?? {};
    traces.add({
      context,
      kind: 'client',
      began,
      name: method,
      hasFailed: status === 0 || status >= 400,
      attributes: {
        'http.request.method': method,
        'server.address': hostname,
        ...(port === '' ? {} : { 'server.port': Number(port) }),
        ...(status === 0 ? {} : { 'http.response.status_code': status }),
      },
    });
  }
}
