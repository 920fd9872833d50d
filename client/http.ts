import { ClientError } from './errors.ts';

/** Makes HTTP requests; the platform's `fetch` by default. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/** W3C Trace Context, section 3.2. */
const TRACEPARENT = /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/;

/**
 * Returns a `fetch` for the settings of any function of this library: its requests continue a trace (W3C Trace Context).
 * @param traceparent returns the `traceparent` of the current span of your tracing library; undefined or invalid text adds no header
 * @param fetcher makes the requests; the platform's `fetch` by default
 */
export function traced(traceparent: () => string | undefined, fetcher: Fetch = fetch): Fetch {
  return (url, init) => {
    const context = traceparent() ?? '';
    const headers = new Headers(init.headers);
    if (!TRACEPARENT.test(context) || headers.has('traceparent')) return fetcher(url, init);
    headers.set('traceparent', context);
    return fetcher(url, { ...init, headers });
  };
}

/** Options of one call. */
export interface Abortable {
  /** Ends the call with `aborted`. */
  signal?: AbortSignal | undefined;
}

/** One request to a server. */
export interface HttpRequest extends Abortable {
  url: string;
  /** The address for error messages, if the real one contains secrets. */
  publicUrl?: string;
  method?: string;
  headers?: Record<string, string>;
  /** A form is sent as `application/x-www-form-urlencoded`. */
  body?: string | Uint8Array<ArrayBuffer> | URLSearchParams;
  /** Time limit for the whole response in milliseconds. */
  timeoutMs?: number;
  /** Maximum length of a body in bytes. */
  maxBytes?: number;
}

/** A complete response. */
export interface HttpAnswer {
  status: number;
  headers: Headers;
  bytes: Uint8Array<ArrayBuffer>;
  /** The body as UTF-8 text. */
  text: string;
}

// A time-out during a refresh loses a single-use token, so the default is generous.
const DEFAULT_TIMEOUT_MS = 20_000;
const DEFAULT_MAX_BYTES = 1_048_576;

/**
 * Sends a request and reads the response within limits. Does not follow redirects: credentials must not reach an unconfigured
 * address. Throws `network`, `timeout`, `aborted` or `response_invalid`.
 */
export async function send(fetcher: Fetch, request: HttpRequest): Promise<HttpAnswer> {
  checkHeaders(request);
  const limit = AbortSignal.timeout(request.timeoutMs ?? DEFAULT_TIMEOUT_MS);
  const signal = request.signal ? AbortSignal.any([limit, request.signal]) : limit;
  try {
    const response = await fetcher(request.url, {
      method: request.method ?? 'GET',
      headers: { accept: 'application/json', ...request.headers },
      body: request.body,
      redirect: 'manual',
      signal,
    });
    // Node.js 20 does not end the body of a broken gzip for its signal.
    const bytes = await untilAborted(signal, readBytes(response, request.maxBytes ?? DEFAULT_MAX_BYTES));
    const text = new TextDecoder().decode(bytes);
    return { status: response.status, headers: response.headers, bytes, text };
  } catch (error) {
    if (error instanceof ClientError) throw error;
    throw failure(request, limit, error);
  }
}

/**
 * Starts or joins shared work, and waits for it. If the signal fires, throws `aborted`, and the work continues for the other
 * callers; if it fired before, the work is not started.
 */
export async function unlessAborted<T>(signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
  if (!signal) return work();
  if (signal.aborted) throw abortedBy(signal);
  return untilAborted(signal, work(), () => abortedBy(signal));
}

const abortedBy = (signal: AbortSignal) =>
  new ClientError('aborted', 'The call was aborted.', { cause: signal.reason });

/** A call that all who ask for it while it runs share. It ends early if all of them abort. */
export class SharedCall<T> {
  readonly #send: (signal: AbortSignal) => Promise<T>;
  #running: { result: Promise<T>; stop: AbortController; callers: number } | undefined;

  constructor(send: (signal: AbortSignal) => Promise<T>) {
    this.#send = send;
  }

  get isRunning(): boolean {
    return this.#running !== undefined;
  }

  async result(signal?: AbortSignal): Promise<T> {
    if (signal?.aborted) throw abortedBy(signal);
    this.#running ??= this.#begin();
    const call = this.#running;
    call.callers += 1;
    try {
      // One caller's abort must not fail the other callers.
      return await unlessAborted(signal, () => call.result);
    } finally {
      call.callers -= 1;
      if (call.callers === 0) {
        call.stop.abort();
        this.#end(call.stop);
      }
    }
  }

  #begin() {
    const stop = new AbortController();
    return { result: this.#send(stop.signal).finally(() => this.#end(stop)), stop, callers: 0 };
  }

  #end(stop: AbortController): void {
    if (this.#running?.stop === stop) this.#running = undefined;
  }
}

/** Waits for work. If the signal fires, rejects with its reason. */
export function untilAborted<T>(
  signal: AbortSignal,
  work: Promise<T>,
  reason = (): unknown => signal.reason,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = () => reject(reason());
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}

/** Returns the body as a JSON object; undefined for other bodies. */
export function jsonObject(answer: HttpAnswer): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(answer.text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}

const untrusted = "Trust the certificate's issuer: NODE_EXTRA_CA_CERTS names a file with it.";
const NETWORK_ADVICE: Readonly<Record<string, string>> = {
  ERR_SSL_WRONG_VERSION_NUMBER: 'Write http:// in the address: the service does not use TLS.',
  DEPTH_ZERO_SELF_SIGNED_CERT: untrusted,
  SELF_SIGNED_CERT_IN_CHAIN: untrusted,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: untrusted,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: untrusted,
};

function failure(request: HttpRequest, limit: AbortSignal, cause: unknown): ClientError {
  const where = placeOf(request);
  if (request.signal?.aborted)
    return new ClientError('aborted', `The call to ${where} was aborted.`, { cause });
  if (limit.aborted) {
    const expected = `an answer within ${request.timeoutMs ?? DEFAULT_TIMEOUT_MS} ms`;
    return new ClientError('timeout', `${where} did not answer in time.`, { cause, expected });
  }
  const received = systemCode(cause);
  const why = received === undefined ? '' : ` (${received})`;
  const advice = received === undefined ? undefined : NETWORK_ADVICE[received];
  return new ClientError('network', `${where} could not be reached${why}.`, { cause, received, advice });
}

// Origin and path only, because a query may contain secrets.
function placeOf({ url, publicUrl }: HttpRequest): string {
  return publicUrl ?? url.split('?', 1)[0] ?? url;
}

/** Returns the code of a system or TLS error, for example ECONNREFUSED. */
function systemCode(error: unknown): string | undefined {
  const { code, cause } = error as { code?: unknown; cause?: unknown };
  if (typeof code === 'string') return code;
  return cause instanceof Error ? systemCode(cause) : undefined;
}

// The error of fetch quotes an invalid header, which may be a token.
function checkHeaders(request: HttpRequest): void {
  for (const [name, value] of Object.entries(request.headers ?? {})) {
    if (/^[\x20-\x7e]*$/.test(value)) continue;
    throw new ClientError(
      'settings_invalid',
      `What is to be sent as the header ${name} is not plain ASCII text.`,
      {
        advice: 'See that the token is handed over as it was received, without line ends.',
      },
    );
  }
}

/** Reads a body of at most `maxBytes`. Throws `response_invalid` for a longer one. */
export async function readBytes(
  source: Pick<Response, 'body'>,
  maxBytes: number,
): Promise<Uint8Array<ArrayBuffer>> {
  if (!source.body) return new Uint8Array();
  const reader = source.body.getReader();
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  let size = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    size += value.byteLength;
    if (size > maxBytes) {
      await reader.cancel();
      throw new ClientError('response_invalid', `The answer is longer than ${maxBytes} bytes.`);
    }
    pieces.push(value);
  }
  const whole = new Uint8Array(size);
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.byteLength;
  }
  return whole;
}
