import { type Activity, activity, type RequestObserver, type Trace } from '@alongside/kernel/activity';
import { everyMethod } from '@alongside/kernel/http';
import { type OutboundCall, outboundCalls, outboundStarts } from '@alongside/kernel/outbound';
import {
  type Attributes,
  type Context,
  ROOT_CONTEXT,
  type Span,
  type SpanContext,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';
import type { Tracers } from './provider.ts';

const methods: ReadonlySet<string> = new Set(everyMethod);
const methodOf = (method: string): string => (methods.has(method) ? method : '_OTHER');

/** W3C Trace Context, section 3.2. Ids of zeros are invalid. */
const form = /^[\da-f]{2}-(?!0{32})([\da-f]{32})-(?!0{16})([\da-f]{16})-([\da-f]{2})/;

function parsed(traceparent: string | undefined): SpanContext | undefined {
  const [, traceId, spanId, flags] = form.exec(traceparent ?? '') ?? [];
  if (traceId === undefined || spanId === undefined) return undefined;
  return { traceId, spanId, traceFlags: Number.parseInt(flags ?? '', 16) & 1, isRemote: true };
}

const traceparentOf = ({ traceId, spanId, traceFlags }: SpanContext): string =>
  `00-${traceId}-${spanId}-0${traceFlags & 1}`;

const under = (parent: SpanContext | undefined): Context =>
  parent === undefined ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, parent);

const now = (): number => performance.timeOrigin + performance.now();

/** The span of one request, which begins when something needs it: a call, a code, or the end of the request. */
class RequestTrace implements Trace {
  readonly #request: Activity;
  readonly #tracers: Tracers;
  readonly #began = now();
  readonly #caller: Trace | undefined;
  #span: Span | undefined;

  constructor(request: Activity, tracers: Tracers) {
    this.#request = request;
    this.#tracers = tracers;
    if (request.isInternal) this.#caller = activity()?.trace;
  }

  get span(): Span {
    this.#span ??= this.#start();
    return this.#span;
  }

  get context(): string {
    return traceparentOf(this.span.spanContext());
  }

  link(context: string | undefined): void {
    const linked = parsed(context);
    if (linked) this.span.addLink({ context: linked });
  }

  end(): void {
    const { span } = this;
    const { method, route, status, refusal, journey, id, service, caller, milliseconds } = this.#request;
    const known = methodOf(method);
    span.updateName(`${known === '_OTHER' ? 'HTTP' : known} ${route}`);
    const attributes: Attributes = {
      'http.request.method': known,
      'http.route': route,
      'alongside.service': service,
      'alongside.request.id': id,
    };
    if (status > 0) attributes['http.response.status_code'] = status;
    if (journey !== undefined) attributes['alongside.journey.id'] = journey;
    if (caller.application) attributes['alongside.application.id'] = caller.application;
    if (caller.api !== undefined) attributes['alongside.api'] = caller.api;
    if (refusal !== undefined) attributes['alongside.error'] = refusal.record.error;
    if (status >= 500 || status === 0) {
      attributes['error.type'] = refusal?.record.error ?? (status === 0 ? 'no_response' : String(status));
      span.setStatus({ code: SpanStatusCode.ERROR });
    }
    span.setAttributes(attributes);
    span.end(this.#began + milliseconds);
  }

  /** Continues the trace of a caller that is trusted, or begins one that is linked to the caller's. */
  #start(): Span {
    const { service, method, route, traceparent, isTraceTrusted } = this.#request;
    const own = this.#caller instanceof RequestTrace ? this.#caller.span.spanContext() : undefined;
    const remote = own ? undefined : parsed(traceparent);
    const options = {
      kind: SpanKind.SERVER,
      startTime: this.#began,
      // For samplers.
      attributes: { 'http.request.method': methodOf(method), 'http.route': route },
      links: remote && !isTraceTrusted ? [{ context: remote }] : [],
    };
    const parent = own ?? (isTraceTrusted ? remote : undefined);
    const span = this.#tracers.of(service).startSpan(method, options, under(parent));
    this.#request.traceId = span.spanContext().traceId;
    return span;
  }
}

/** Makes a span of each request. Call it before the other observers, so that the log names the trace. */
export function requestSpans(tracers: Tracers): RequestObserver {
  return {
    began(request) {
      request.trace = new RequestTrace(request, tracers);
    },
    ended(request) {
      const own = request.trace;
      if (!(own instanceof RequestTrace)) return;
      request.traceId = own.span.spanContext().traceId;
      own.end();
    },
  };
}

/** Makes a span of each call to another server, which gets its `traceparent`. Returns a function that stops this. */
export function traceOutboundCalls(tracers: Tracers): () => void {
  const spans = new WeakMap<OutboundCall, Span>();

  function began(message: unknown): void {
    const call = message as OutboundCall;
    const { purpose, method, url, headers } = call;
    const request = activity();
    const parent = request?.trace instanceof RequestTrace ? request.trace.span.spanContext() : undefined;
    const attributes: Attributes = {
      'http.request.method': method,
      'server.address': url.hostname,
      'server.port': Number(url.port) || (url.protocol === 'https:' ? 443 : 80),
      'alongside.purpose': purpose,
    };
    const tracer = tracers.of(request?.service ?? 'alongside');
    const span = tracer.startSpan(method, { kind: SpanKind.CLIENT, attributes }, under(parent));
    headers.traceparent = traceparentOf(span.spanContext());
    spans.set(call, span);
  }

  function ended(message: unknown): void {
    const call = message as OutboundCall;
    const span = spans.get(call);
    if (!span) return;
    const { status, outcome } = call;
    if (status !== undefined) span.setAttribute('http.response.status_code', status);
    if (outcome !== 'ok') {
      span.setAttribute('error.type', status === undefined ? outcome : String(status));
      span.setStatus({ code: SpanStatusCode.ERROR });
    }
    span.end();
  }

  outboundStarts.subscribe(began);
  outboundCalls.subscribe(ended);
  return () => {
    outboundStarts.unsubscribe(began);
    outboundCalls.unsubscribe(ended);
  };
}
