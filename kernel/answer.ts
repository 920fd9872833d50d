import type { Refusal } from './errors.ts';
import type { Html } from './html.ts';

export type Headers = Record<string, string | string[]>;

/** Why an answer is a refusal, for the log and for `explain`. */
export interface RefusedBecause {
  refusal: Refusal;
  /** Stands for the request's path, where that may name a patient. */
  path?: string | undefined;
}

/** What a service answers to one HTTP request. A step that returns one ends its list of steps. */
export class Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: string | Uint8Array;
  /** Set on the answer to a refusal; never sent. */
  readonly because: RefusedBecause | undefined;

  constructor(
    status: number,
    headers: Headers = {},
    body: string | Uint8Array = '',
    because?: RefusedBecause | undefined,
  ) {
    this.status = status;
    this.headers = headers;
    this.body = body;
    this.because = because;
  }

  /** The same answer as the rendering of a refusal: the listener records why. Every renderer that does not throw calls this. */
  refusing(refusal: Refusal, path?: string): Answer {
    return new Answer(this.status, this.headers, this.body, { refusal, path });
  }

  /** The same answer with more headers; `set-cookie` is added to, all others replace. */
  with(headers: Headers): Answer {
    const merged: Headers = { ...this.headers };
    for (const [name, value] of Object.entries(headers)) {
      const before = merged[name];
      merged[name] = name === 'set-cookie' && before !== undefined ? [before, value].flat() : value;
    }
    return new Answer(this.status, merged, this.body, this.because);
  }
}

/** An answer whose body goes on until its source ends or its reader has gone, such as server-sent events. */
export class StreamAnswer extends Answer {
  /** The pieces of the body, in order. The signal aborts when the reader has gone or the listener closes: the source ends then. */
  readonly chunks: (gone: AbortSignal) => AsyncIterable<string>;

  constructor(status: number, headers: Headers, chunks: (gone: AbortSignal) => AsyncIterable<string>) {
    super(status, headers);
    this.chunks = chunks;
  }

  override with(headers: Headers): StreamAnswer {
    return new StreamAnswer(this.status, super.with(headers).headers, this.chunks);
  }
}

const noStore: Headers = { 'cache-control': 'no-store' };

/** A JSON answer that no cache keeps. */
export const json = (status: number, body: unknown, headers: Headers = {}): Answer =>
  new Answer(status, { 'content-type': 'application/json', ...noStore, ...headers }, JSON.stringify(body));

/** A redirect by GET: 302, or 303 where it answers a POST (RFC 9110 section 15.4.4). Never 307 (RFC 9700 section 4.12). */
export const redirect = (location: string, status: 302 | 303 = 302, headers: Headers = {}): Answer =>
  new Answer(status, { location, 'referrer-policy': 'no-referrer', ...noStore, ...headers });

/** Done, and nothing to say (RFC 9110 section 15.3.5). */
export const noContent = (): Answer => new Answer(204, noStore);

/** Plain text. */
export const text = (status: number, body: string, headers: Headers = {}): Answer =>
  new Answer(status, { 'content-type': 'text/plain; charset=utf-8', ...noStore, ...headers }, body);

/** What a page may load and where its forms may go; nothing else is allowed (RFC 9700 section 4.16: no framing). */
export interface PagePolicy {
  /** Origins that a form of the page may lead to, beside its own. */
  formAction?: string[];
  /** CSP hashes or `'self'` of the scripts that the page runs; none by default. */
  script?: string[];
  /** Origins that its scripts may call; none by default. */
  connect?: string[];
}

/** An HTML page under a strict content security policy. */
export function page(status: number, html: Html, policy: PagePolicy = {}, headers: Headers = {}): Answer {
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
      ...headers,
    },
    String(html),
  );
}
