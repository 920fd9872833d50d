import type { IncomingHttpHeaders } from 'node:http';
import type { Answer } from './answer.ts';

/** One HTTP request as the endpoints see it. Nothing in it was checked yet. */
export interface HttpRequest {
  /** Unique for each request; `message_id` of OAuth errors, `messageid` of the gateway. */
  readonly id: string;
  readonly method: string;
  /** Path without the query, percent-encoding untouched. */
  readonly path: string;
  /** The query without its `?`, percent-encoding untouched. */
  readonly query: string;
  readonly headers: IncomingHttpHeaders;
  /** Each header as it came, name and value in turn: to find repeated ones. */
  readonly rawHeaders: readonly string[];
  /** The body as text; empty when there was none. */
  readonly body: string;
  /** The body as it came, for the few media types that are not text (`binaryTypes`); absent for all others. */
  readonly bytes?: Buffer;
  /** Address of the peer. */
  readonly address: string;
  /** The address is a trusted proxy's, which did not name its client: nothing is near it. */
  readonly clientUnknown?: true;
  /** Port of the peer, to tell local users apart. */
  readonly port: number;
  /** DER of the client certificate that was presented (RFC 8705), whoever issued it; absent without one. */
  readonly certificate?: Buffer;
  /** DER of the other certificates that came with it, in the order in which they came. */
  readonly certificateChain?: readonly Buffer[];
}

/** A request that the server itself refused: before its endpoint saw it, or before it was a request at all. */
export interface EarlyRefusal {
  /** 413 for a body that is too large, 431 for its headers, 408 when it took too long, else 400. */
  status: number;
  reason: string;
}

export type Endpoint = (request: HttpRequest) => Promise<Answer>;

export type Method = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'OPTIONS';

/** A way into a service. A path may have `:name` parts and a `*` at its end; endpoints read the path themselves. */
export interface Route {
  readonly methods: readonly Method[];
  readonly path: string;
  readonly endpoint: Endpoint;
  /** Largest body in bytes; the listener's own limit unless told. */
  readonly bodyLimit?: number;
  /** The paths that a route with `*` answers, from the root, with `:name` parts: for a hint at a slip. */
  readonly known?: readonly string[];
  /** What answers in the endpoint's place when the server refused the request before it; the default is a plain JSON body. */
  readonly early?: (refused: EarlyRefusal) => Endpoint;
}

export const everyMethod: readonly Method[] = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];
