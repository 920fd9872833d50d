import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A span as a collector receives it. Ids are hexadecimal. */
export interface ReceivedSpan {
  readonly service: string;
  readonly name: string;
  readonly kind: 'server' | 'client' | 'other';
  readonly traceId: string;
  readonly spanId: string;
  readonly parentId: string;
  readonly links: readonly { readonly traceId: string; readonly spanId: string }[];
  readonly attributes: Readonly<Record<string, string | number>>;
}

/** A field of a protobuf message: bytes, or a number. */
type Fields = ReadonlyMap<number, readonly (Buffer | number)[]>;

/** Decodes the fields of one message. Groups, which OTLP does not use, are refused. */
function fieldsOf(bytes: Buffer): Fields {
  const fields = new Map<number, (Buffer | number)[]>();
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes.readUInt8(at++);
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
  };
  const taken = (length: number): Buffer => {
    if (at + length > bytes.length) throw new Error('the message is cut off');
    at += length;
    return bytes.subarray(at - length, at);
  };
  const read: Readonly<Record<number, () => Buffer | number>> = {
    0: varint,
    1: () => taken(8),
    2: () => taken(varint()),
    5: () => taken(4),
  };
  while (at < bytes.length) {
    const key = varint();
    const value = read[key & 7]?.();
    if (value === undefined) throw new Error(`wire type ${key & 7} is not part of OTLP`);
    fields.set(key >> 3, [...(fields.get(key >> 3) ?? []), value]);
  }
  return fields;
}

const bytesIn = (fields: Fields, number: number): Buffer[] =>
  (fields.get(number) ?? []).filter(Buffer.isBuffer);
const messagesIn = (fields: Fields, number: number): Fields[] => bytesIn(fields, number).map(fieldsOf);
const textIn = (fields: Fields, number: number): string => String(bytesIn(fields, number)[0] ?? '');
const hexIn = (fields: Fields, number: number): string => bytesIn(fields, number)[0]?.toString('hex') ?? '';

/** Attributes: `KeyValue { key = 1, value = 2 }`, `AnyValue { string_value = 1, int_value = 3 }`. */
const attributesIn = (fields: Fields, number: number): Record<string, string | number> =>
  Object.fromEntries(
    messagesIn(fields, number).map((pair) => {
      const [value] = messagesIn(pair, 2);
      const [whole] = value?.get(3) ?? [];
      return [textIn(pair, 1), typeof whole === 'number' ? whole : value ? textIn(value, 1) : ''];
    }),
  );

/** Decodes an `ExportTraceServiceRequest` by opentelemetry/proto/trace/v1/trace.proto. */
function spansIn(body: Buffer): ReceivedSpan[] {
  return messagesIn(fieldsOf(body), 1).flatMap((resourceSpans) => {
    const [resource = new Map()] = messagesIn(resourceSpans, 1);
    const service = String(attributesIn(resource, 1)['service.name']);
    return messagesIn(resourceSpans, 2)
      .flatMap((scopeSpans) => messagesIn(scopeSpans, 2))
      .map((span) => ({
        service,
        name: textIn(span, 5),
        kind: ({ 2: 'server', 3: 'client' } as const)[Number(span.get(6)?.[0])] ?? 'other',
        traceId: hexIn(span, 1),
        spanId: hexIn(span, 2),
        parentId: hexIn(span, 4),
        links: messagesIn(span, 13).map((link) => ({ traceId: hexIn(link, 1), spanId: hexIn(link, 2) })),
        attributes: attributesIn(span, 9),
      }));
  });
}

/** An OpenTelemetry collector that keeps what it receives. */
export interface Collector {
  readonly url: string;
  readonly spans: readonly ReceivedSpan[];
  /** All bodies as text, to search them. */
  text(): string;
  /** Resolves with the first span of which this holds. */
  span(description: string, holds: (span: ReceivedSpan) => boolean): Promise<ReceivedSpan>;
  close(): Promise<void>;
}

export async function startCollector(): Promise<Collector> {
  const bodies: Buffer[] = [];
  const spans: ReceivedSpan[] = [];
  const server = createServer(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part);
    const isTraces =
      request.url === '/v1/traces' && request.headers['content-type'] === 'application/x-protobuf';
    if (isTraces) {
      bodies.push(Buffer.concat(parts));
      spans.push(...spansIn(Buffer.concat(parts)));
      server.emit('received');
    }
    response.writeHead(isTraces ? 200 : 404, { 'content-type': 'application/x-protobuf' }).end();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans,
    text: () => Buffer.concat(bodies).toString('utf8'),
    async span(description, holds) {
      const limit = AbortSignal.timeout(20_000);
      for (;;) {
        const found = spans.find(holds);
        if (found) return found;
        await once(server, 'received', { signal: limit }).catch(() => {
          throw new Error(
            `no span: ${description}; received:\n${spans.map(({ service, name }) => `${service} ${name}`).join('\n')}`,
          );
        });
      }
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
