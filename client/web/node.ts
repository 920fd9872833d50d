import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';

/** A request of node:http, or of a framework that has parsed its form. */
export interface NodeRequest extends IncomingMessage {
  /** The path before a router cut it, as in Express. */
  originalUrl?: string;
  body?: unknown;
}

/** Returns a request of node:http as a Request; undefined for methods that a Request cannot have. */
export function requestOf(incoming: NodeRequest, origin: string): Request | undefined {
  const { method = 'GET', headers: given } = incoming;
  if (method === 'TRACE' || method === 'CONNECT') return undefined;
  const path = incoming.originalUrl ?? incoming.url ?? '/';
  const headers = new Headers();
  for (const [name, value] of Object.entries(given)) {
    for (const item of [value].flat())
      if (item !== undefined && !name.startsWith(':')) headers.append(name, item);
  }
  const init: RequestInit & { duplex: 'half' } = { method, headers, duplex: 'half' };
  if (method !== 'GET' && method !== 'HEAD') init.body = bodyOf(incoming);
  return new Request(`${origin}${path.startsWith('/') ? path : '/'}`, init);
}

/** Sends a Response with node:http. */
export async function send(response: Response, outgoing: ServerResponse): Promise<void> {
  outgoing.statusCode = response.status;
  for (const [name, value] of response.headers) if (name !== 'set-cookie') outgoing.setHeader(name, value);
  for (const line of response.headers.getSetCookie()) outgoing.appendHeader('set-cookie', line);
  outgoing.end(new Uint8Array(await response.arrayBuffer()));
}

function bodyOf(incoming: NodeRequest): BodyInit {
  const { body } = incoming;
  if (typeof body === 'string' || body instanceof Uint8Array) return body as BodyInit;
  if (typeof body === 'object' && body !== null) return new URLSearchParams(body as Record<string, string>);
  return Readable.toWeb(incoming) as ReadableStream;
}
