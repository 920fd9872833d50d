import type { HttpRequest } from '@alongside/kernel/http';
import type { Api } from '../api.ts';
import { type HeaderMap, readHeaders as read } from '../headers.ts';
import type { Trace } from '../trace.ts';

/** An unchecked call. */
export interface Arrival {
  request: HttpRequest;
  api: Api;
  /** The method, with GET for HEAD, which is a GET without its body (RFC 9110 section 9.3.2). */
  verb: string;
  /** Path below the base path, percent-encoding unchanged. */
  path: string;
  query: string;
  trace: Trace;
}

/** Reads the client's headers strictly; refuses a repeated credential or identity header. */
export function readHeaders({ request }: Arrival): { client: HeaderMap } {
  return { client: read(request.rawHeaders) };
}
