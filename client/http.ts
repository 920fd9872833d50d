import { ClientError } from './errors.ts';

/** What the library calls out with; the default is the platform's own `fetch`. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/** One request to a server. */
export interface HttpRequest {
  url: string;
  /** The address as errors may name it, where the true one holds what must not be logged. */
  publicUrl?: string;
  method?: 'GET' | 'POST';
  headers?: Record<string, string>;
  /** Sent as `application/x-www-form-urlencoded`. */
  form?: URLSearchParams;
  /** Milliseconds until the whole answer must be here. */
  timeoutMs?: number;
  /** The longest body that is read, in bytes. */
  maxBytes?: number;
  signal?: AbortSignal;
}

/** An answer, read to its end. */
export interface HttpAnswer {
  status: number;
  headers: Headers;
  text: string;
}

// A refresh answer lost to a short time-out burns a single-use token, so the default is generous.
const DEFAULT_TIMEOUT_MS = 20_000;
const DEFAULT_MAX_BYTES = 1_048_576;

/**
 * Sends a request and reads the answer within limits. Redirects are not followed: a credential must not
 * travel to an address that nobody configured. Throws `network`, `timeout`, `aborted` or `response_invalid`.
 */
export async function send(fetcher: Fetch, request: HttpRequest): Promise<HttpAnswer> {
  checkHeaders(request);
  const limit = AbortSignal.timeout(request.timeoutMs ?? DEFAULT_TIMEOUT_MS);
  const signal = request.signal ? AbortSignal.any([limit, request.signal]) : limit;
  try {
    const response = await fetcher(request.url, {
      method: request.method ?? 'GET',
      headers: { accept: 'application/json', ...request.headers },
      body: request.form,
      redirect: 'manual',
      signal,
    });
    const text = await readText(response, request.maxBytes ?? DEFAULT_MAX_BYTES);
    return { status: response.status, headers: response.headers, text };
  } catch (error) {
    if (error instanceof ClientError) throw error;
    throw failure(request, limit, error);
  }
}

/** Waits for shared work, until a signal fires: then throws `aborted`, and the work goes on for the others. */
export async function unlessAborted<T>(signal: AbortSignal | undefined, work: Promise<T>): Promise<T> {
  if (!signal) return work;
  work.catch(() => undefined);
  let stop = (): void => undefined;
  const given = new Promise<never>((_resolve, reject) => {
    stop = () => reject(new ClientError('aborted', 'The call was given up.', { cause: signal.reason }));
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });
  try {
    return await Promise.race([given, work]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

/** The body as a JSON object; undefined when it is something else. */
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

function failure(request: HttpRequest, limit: AbortSignal, cause: unknown): ClientError {
  const where = placeOf(request);
  if (request.signal?.aborted)
    return new ClientError('aborted', `The call to ${where} was given up.`, { cause });
  if (limit.aborted) {
    const expected = `an answer within ${request.timeoutMs ?? DEFAULT_TIMEOUT_MS} ms`;
    return new ClientError('timeout', `${where} did not answer in time.`, { cause, expected });
  }
  const received = systemCode(cause);
  const why = received === undefined ? '' : ` (${received})`;
  return new ClientError('network', `${where} could not be reached${why}.`, { cause, received });
}

// Origin and path only: a query may hold what must not be logged.
function placeOf({ url, publicUrl }: HttpRequest): string {
  return publicUrl ?? url.split('?', 1)[0] ?? url;
}

/** The system's or TLS's own word for what failed, for example ECONNREFUSED. */
function systemCode(error: unknown): string | undefined {
  const { code, cause } = error as { code?: unknown; cause?: unknown };
  if (typeof code === 'string') return code;
  return cause instanceof Error ? systemCode(cause) : undefined;
}

// What fetch says of a header that it does not take quotes it, and it may be a token.
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

async function readText(response: Response, maxBytes: number): Promise<string> {
  if (!response.body) return '';
  const reader = response.body.getReader();
  const decoder = new TextDecoder();
  let text = '';
  let size = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return text + decoder.decode();
    size += value.byteLength;
    if (size > maxBytes) {
      await reader.cancel();
      throw new ClientError('response_invalid', `The answer is longer than ${maxBytes} bytes.`);
    }
    text += decoder.decode(value, { stream: true });
  }
}
