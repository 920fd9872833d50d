import type { IncomingMessage } from 'node:http';
import type { Activity, ReceivedRequest, RouteFacts } from './activity.ts';
import type { Answer } from './answer.ts';

/** Lets an endpoint read the body itself and stop work for a client that has disconnected. */
export interface Incoming {
  /** The unread body; undefined without one. */
  readonly body: IncomingMessage | undefined;
  /** Aborts when the client disconnects before the response is complete. */
  readonly gone: AbortSignal;
}

/** One unvalidated HTTP request. `Params` has the parameters of its route, such as `{ id: string }`. */
export interface HttpRequest<Params = unknown> extends ReceivedRequest {
  readonly method: string;
  /** The `:name` parts of the path, decoded. */
  readonly params: Params;
  /** Header names and values in turn as received, to detect repeated ones. */
  readonly rawHeaders: readonly string[];
  /** Raw body, only for media types that are not text (`binaryTypes`). */
  readonly bytes?: Buffer | undefined;
  /** The body as it arrives, for a route with `readsBody`; `body` is then empty. */
  readonly incoming?: Incoming | undefined;
  /** Set if the address is a trusted proxy that did not name its client. */
  readonly clientUnknown?: true | undefined;
  /** Port of the peer, to distinguish local users. */
  readonly port: number;
  /** The address of this machine that the peer connected to; absent for calls within the process. */
  readonly localAddress?: string | undefined;
  /** Identity of the connection, the same for all its requests; absent for calls within the process. */
  readonly connection?: object;
  /** DER of the client certificate (RFC 8705), of any issuer. */
  readonly certificate?: Buffer | undefined;
  /** DER of the intermediates, in the order received. */
  readonly certificateChain?: readonly Buffer[] | undefined;
  /** What is known of the request, for all that is derived from it; absent where nothing observes requests. */
  readonly activity?: Activity | undefined;
}

export type Endpoint<Params = unknown> = (request: HttpRequest<Params>) => Answer | Promise<Answer>;

/**
 * Renders an error of a route: one that its endpoint threw, or an entry of `kernelErrors` for a request that was refused before
 * the endpoint, such as an oversized body. `Retry-After` and the recorded reason are added.
 */
export type ErrorFormat = (thrown: unknown, request: HttpRequest) => Answer | Promise<Answer>;

export type Method = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'OPTIONS';

/** A route of a service, made by `route`. A path may have `:name` parts and a `*` at its end. */
export interface Route extends RouteFacts {
  readonly methods: readonly Method[];
  readonly path: string;
  readonly endpoint: Endpoint;
  /** Maximum body size in bytes; the listener's limit by default. */
  readonly bodyLimit?: number;
  /** Whether the endpoint reads the body itself, from `request.incoming`, and limits its size. */
  readonly readsBody?: boolean;
  /** The format of its errors; plain JSON by default, for tests. `route` requires one. */
  readonly errors?: ErrorFormat;
  /** Whether the endpoint checks the percent-encoding of the query itself, in its own order. */
  readonly rawQuery?: boolean;
  /** Whether it only answers 405, for the methods that its path lacks. */
  readonly isMethodError?: boolean;
  /** Full paths that a route with `*` serves, with `:name` parts, for suggestions. */
  readonly known?: readonly string[];
}

export const everyMethod: readonly Method[] = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];

/** Returns the weight of a media type in `Accept` (RFC 9110 section 12.5.1); wildcards do not count. */
function weightOf(type: string, accept: string): number {
  for (const range of accept.split(',')) {
    const [name = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase());
    if (name !== type) continue;
    const weight = parameters.find((parameter) => parameter.startsWith('q='));
    return weight === undefined ? 1 : Number(weight.slice(2)) || 0;
  }
  return 0;
}

/**
 * Returns whether the caller shows the response to a user: a navigation by its fetch metadata or, without these, a request for
 * HTML. A request that prefers JSON is not.
 */
export function isShownToUser({ headers }: Pick<HttpRequest, 'headers'>): boolean {
  const { accept = '', 'sec-fetch-dest': destination } = headers;
  const [html, asJson] = [weightOf('text/html', accept), weightOf('application/json', accept)];
  return destination === undefined
    ? html > 0 && html >= asJson
    : destination === 'document' && html >= asJson;
}
