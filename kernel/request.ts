import type { HttpRequest } from './activity.ts';
import type { Answer } from './answer.ts';

export type { HttpRequest, Incoming } from './activity.ts';

export type Endpoint<Params = unknown> = (request: HttpRequest<Params>) => Answer | Promise<Answer>;

/**
 * Renders an error of a route: one that its endpoint threw, or an entry of `kernelErrors` for a request that was refused before
 * the endpoint, such as an oversized body. `Retry-After` and the recorded reason are added.
 */
export type ErrorFormat = (thrown: unknown, request: HttpRequest) => Answer | Promise<Answer>;

export type Method = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'OPTIONS';

/** A route of a service, made by `route`. A path may have `:name` parts and a `*` at its end. */
export interface Route {
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
