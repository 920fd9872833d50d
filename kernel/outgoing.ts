import { type ServerResponse, STATUS_CODES } from 'node:http';
import { pipeline } from 'node:stream/promises';
import type { Answer, Headers, StreamAnswer } from './answer.ts';

/**
 * Default headers of every response: no caching, framing, content sniffing or referrer (OWASP ASVS 5.0, 3.4.3
 * to 3.4.6 and 14.3.2).
 */
const always: Headers = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'; base-uri 'none'",
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
};

/** Isolates a page from windows of other sites that opened it. */
const ofPages: Headers = { 'cross-origin-opener-policy': 'same-origin-allow-popups' };

/** One year (RFC 6797; OWASP ASVS 5.0, 3.4.1). */
const ofHttps: Headers = { 'strict-transport-security': 'max-age=31536000; includeSubDomains' };

const isPage = ({ 'content-type': type }: Headers): boolean => String(type).startsWith('text/html');

/** How a listener sends its responses. */
export interface Sending {
  /** Id of the request. */
  id: string;
  /** Whether clients use HTTPS under a name other than loopback's. */
  isHttps: boolean;
  /** Whether the connection ends with the response. */
  closes: boolean;
}

/** Merges the headers of a response with the defaults, once. */
const sentHeaders = ({ headers }: Answer, { id, isHttps, closes }: Sending): Headers => ({
  ...(closes ? { connection: 'close' } : undefined),
  ...always,
  ...(isPage(headers) ? ofPages : undefined),
  ...(isHttps ? ofHttps : undefined),
  ...headers,
  'x-message-id': id,
});

/** Sends a whole response, with its length. Throws before anything is sent if a header has invalid characters. */
export function send(response: ServerResponse, answer: Answer, sending: Sending): void {
  const { status } = answer;
  // As bytes: Node would encode the headers like a text.
  const body = typeof answer.body === 'string' ? Buffer.from(answer.body) : answer.body;
  const headers = sentHeaders(answer, sending);
  const isHead = response.req.method === 'HEAD';
  const hasNoContent = status < 200 || status === 204;
  if (hasNoContent && body.length > 0) {
    delete headers['content-type'];
    delete headers['content-length'];
  } else if (body.length > 0) {
    headers['content-type'] ??= 'application/octet-stream';
    if (!isHead || headers['content-length'] === undefined) headers['content-length'] = String(body.length);
  } else if (!hasNoContent && status !== 304 && !isHead) headers['content-length'] = '0';
  response.writeHead(status, headers);
  if (hasNoContent || body.length === 0) response.end();
  else response.end(body);
}

/**
 * Sends a response in chunks, as fast as the client reads them. Rejects before anything is sent if the source fails before its first
 * chunk; later, the connection ends.
 */
export async function stream(
  response: ServerResponse,
  answer: StreamAnswer,
  sending: Sending,
  gone: AbortSignal,
): Promise<void> {
  const chunks = answer.chunks(gone)[Symbol.asyncIterator]();
  const first = await chunks.next();
  // Without `writeHead`, an empty stream gets a length.
  response.statusCode = answer.status;
  for (const [name, value] of Object.entries(sentHeaders(answer, sending))) response.setHeader(name, value);
  await pipeline(async function* all() {
    if (first.done) return;
    yield first.value;
    yield* { [Symbol.asyncIterator]: () => chunks };
  }, response);
}

/** Serialises a response to bytes that are not a request. It closes its connection. */
export function inBytes(answer: Answer, id: string, isHttps: boolean): Buffer {
  const content = Buffer.from(answer.body as Uint8Array);
  const lines = Object.entries({
    ...sentHeaders(answer, { id, isHttps, closes: false }),
    'content-length': String(content.length),
    connection: 'close',
  }).map(([name, value]) => `${name}: ${value}\r\n`);
  const first = `HTTP/1.1 ${answer.status} ${STATUS_CODES[answer.status] ?? ''}\r\n`;
  return Buffer.concat([Buffer.from(`${first}${lines.join('')}\r\n`), content]);
}
