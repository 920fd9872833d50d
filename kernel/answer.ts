import type { ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import type { Refusal } from './errors.ts';
import type { Html } from './html.ts';
import { http } from './node-http.ts';

export type Headers = Record<string, string | string[]>;

/** The reason for a refusal, for the log and for `explain`. */
export interface RefusedBecause {
  refusal: Refusal;
  /** Replaces the request's path where the path may name a patient. */
  path?: string | undefined;
}

/** A service's response to one HTTP request. A step that returns one ends its list of steps. */
export class Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: string | Uint8Array;
  /** Why the request was refused; null for a status of 400 or more that reports a state. Never sent. */
  readonly because: RefusedBecause | null | undefined;

  constructor(
    status: number,
    headers: Headers = {},
    body: string | Uint8Array = '',
    because?: RefusedBecause | null | undefined,
  ) {
    this.status = status;
    this.headers = headers;
    this.body = body;
    this.because = because;
  }

  /** Returns a copy marked as a refusal with this reason. Without it, the record contains the status only. */
  refusing(refusal: Refusal, path?: string): Answer {
    return new Answer(this.status, this.headers, this.body, { refusal, path });
  }

  /** Returns a copy that reports a state, such as readiness, and is never recorded as a refusal. */
  reporting(): Answer {
    return new Answer(this.status, this.headers, this.body, null);
  }

  /** Returns a copy with more headers. `set-cookie` is added; all others replace. */
  with(headers: Headers): Answer {
    const merged: Headers = { ...this.headers, ...headers };
    const { 'set-cookie': before } = this.headers;
    const { 'set-cookie': more } = headers;
    if (before !== undefined && more !== undefined) merged['set-cookie'] = [before, more].flat();
    return new Answer(this.status, merged, this.body, this.because);
  }
}

/**
 * The chunks of a body, in order. The signal aborts when the client disconnects or the listener closes; the source must then end. An
 * empty first chunk sends the headers.
 */
export type Chunks = (gone: AbortSignal) => AsyncIterable<string | Uint8Array>;

/** A response whose body continues until its source ends or the client disconnects, such as server-sent events. */
export class StreamAnswer extends Answer {
  readonly chunks: Chunks;
  /** Aborts when the response must not continue, with the refusal as its reason. The response is then cut off. */
  readonly until: AbortSignal | undefined;

  constructor(
    status: number,
    headers: Headers,
    chunks: Chunks,
    because?: RefusedBecause | null | undefined,
    until?: AbortSignal,
  ) {
    super(status, headers, '', because);
    this.chunks = chunks;
    this.until = until;
  }

  override refusing(refusal: Refusal, path?: string): StreamAnswer {
    return new StreamAnswer(this.status, this.headers, this.chunks, { refusal, path }, this.until);
  }

  override with(headers: Headers): StreamAnswer {
    return new StreamAnswer(this.status, super.with(headers).headers, this.chunks, this.because, this.until);
  }
}

const noStore: Headers = { 'cache-control': 'no-store' };

/** Returns a JSON response that must not be cached. */
export const json = (status: number, body: unknown, headers: Headers = {}): Answer =>
  new Answer(status, { 'content-type': 'application/json', ...noStore, ...headers }, JSON.stringify(body));

/** Returns a redirect by GET: 302, or 303 in response to a POST (RFC 9110 section 15.4.4). Never 307 (RFC 9700 section 4.12). */
export const redirect = (location: string, status: 302 | 303 = 302, headers: Headers = {}): Answer =>
  new Answer(status, { location, 'referrer-policy': 'no-referrer', ...noStore, ...headers });

/** Returns 204 without a body (RFC 9110 section 15.3.5). */
export const noContent = (): Answer => new Answer(204, noStore);

/** Returns a plain text response. */
export const text = (status: number, body: string, headers: Headers = {}): Answer =>
  new Answer(status, { 'content-type': 'text/plain; charset=utf-8', ...noStore, ...headers }, body);

/** Sources that a page may load and targets of its forms; all others are blocked (RFC 9700 section 4.16: no framing). */
export interface PagePolicy {
  /** Origins that a form of the page may lead to, in addition to its own. */
  formAction?: string[];
  /** CSP hashes or `'self'` of the scripts that the page runs; none by default. */
  script?: string[];
  /** Origins that scripts of the page may call; none by default. */
  connect?: string[];
}

/** Returns an HTML page with a strict content security policy. */
export function page(status: number, html: Html, policy: PagePolicy = {}): Answer {
  const csp = [
    "default-src 'none'",
    "style-src 'self'",
    "img-src 'self' data:",
    `script-src ${policy.script?.join(' ') || "'none'"}`,
    `connect-src ${policy.connect?.join(' ') || "'none'"}`,
    `form-action 'self'${(policy.formAction ?? []).map((origin) => ` ${origin}`).join('')}`,
    "frame-ancestors 'none'",
    "base-uri 'none'",
  ].join('; ');
  return new Answer(
    status,
    {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': csp,
      'cross-origin-opener-policy': 'same-origin-allow-popups',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
      ...noStore,
    },
    String(html),
  );
}

/** Returns the `form-action` source for an address: its origin, or its scheme if a policy cannot express the host. */
export function formTarget(address: string): string {
  const { origin, protocol } = new URL(address);
  return /^https?:\/\/[a-z0-9.-]+(?::\d{1,5})?$/.test(origin) ? origin : protocol;
}

/**
 * Returns the sources for a form that posts to an application. Browsers also check redirects behind it
 * against the policy (CSP Level 3 section 6.4.1), and an application may redirect from its callback to any
 * host, especially in development.
 */
export function answerTargets(address: string): string[] {
  const onward: Readonly<Record<string, string[]>> = { 'https:': ['https:'], 'http:': ['http:', 'https:'] };
  return [...new Set([formTarget(address), ...(onward[new URL(address).protocol] ?? [])])];
}

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
  const { status, body } = answer;
  const headers = sentHeaders(answer, sending);
  const isHead = response.req.method === 'HEAD';
  const hasNoContent = status < 200 || status === 204;
  const length = typeof body === 'string' ? Buffer.byteLength(body) : body.length;
  if (hasNoContent && length > 0) {
    delete headers['content-type'];
    delete headers['content-length'];
  } else if (length > 0) {
    headers['content-type'] ??= 'application/octet-stream';
    if (!isHead || headers['content-length'] === undefined) headers['content-length'] = String(length);
  } else if (!hasNoContent && status !== 304 && !isHead) headers['content-length'] = '0';
  response.writeHead(status, headers);
  if (hasNoContent || length === 0) response.end();
  else if (typeof body !== 'string') response.end(body);
  // Node writes a text in one piece with the headers, and encodes them alike.
  else if (length === body.length) response.end(body, 'latin1');
  else response.end(Buffer.from(body));
}

/** Ends the connection of a response that must not look complete. In HTTP/1.0 an orderly end would be the end of the response. */
function breakOff(response: ServerResponse): void {
  const { socket, req } = response;
  if (req.httpVersion === '1.0' && socket && !('encrypted' in socket)) socket.resetAndDestroy();
  response.destroy();
}

/**
 * Sends a response in chunks, as fast as the client reads them. Rejects before anything is sent if the source fails or the response
 * must end before its first chunk; later, the connection ends.
 * @param gone aborted if the response must end before its first chunk
 */
export async function stream(
  response: ServerResponse,
  answer: StreamAnswer,
  sending: Sending,
  gone: AbortController,
): Promise<void> {
  const { until } = answer;
  let isSending = false;
  const cut = () => (isSending ? breakOff(response) : gone.abort());
  until?.addEventListener('abort', cut);
  try {
    const chunks = answer.chunks(gone.signal)[Symbol.asyncIterator]();
    const first = await chunks.next();
    until?.throwIfAborted();
    // Without `writeHead`, an empty stream gets a length.
    response.statusCode = answer.status;
    for (const [name, value] of Object.entries(sentHeaders(answer, sending))) response.setHeader(name, value);
    isSending = true;
    await pipeline(async function* all() {
      if (first.done) return;
      yield first.value;
      yield* { [Symbol.asyncIterator]: () => chunks };
    }, response);
  } catch (error) {
    throw until?.aborted ? until.reason : error;
  } finally {
    until?.removeEventListener('abort', cut);
  }
}

/** Serialises a response to bytes that are not a request. It closes its connection. */
export function inBytes(answer: Answer, id: string, isHttps: boolean): Buffer {
  const content = Buffer.from(answer.body as Uint8Array);
  const lines = Object.entries({
    ...sentHeaders(answer, { id, isHttps, closes: false }),
    'content-length': String(content.length),
    connection: 'close',
  }).map(([name, value]) => `${name}: ${value}\r\n`);
  const first = `HTTP/1.1 ${answer.status} ${http.STATUS_CODES[answer.status] ?? ''}\r\n`;
  return Buffer.concat([Buffer.from(`${first}${lines.join('')}\r\n`), content]);
}
