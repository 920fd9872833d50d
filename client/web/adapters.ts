import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { ClientError } from '../errors.ts';
import type { WebSession } from './live-sessions.ts';
import type { WebSignIn } from './sign-in.ts';

// Declares only the used parts of the frameworks' types, so that the library does not depend on any framework.

/** Middleware of Express or of node:http servers like it. */
export type ExpressHandler<Q, S> = (request: Q, response: S, next: (error?: unknown) => void) => void;

/** A request of Fastify. */
export interface FastifyRequest {
  raw: NodeRequest;
}

/** A reply of Fastify. */
export interface FastifyReply {
  raw: ServerResponse;
  hijack(): unknown;
}

/** Responds to the paths of the sign-in in Express: `app.use(expressSignIn(web))`. */
export function expressSignIn(web: WebSignIn): ExpressHandler<NodeRequest, ServerResponse> {
  return (request, response, next) => {
    const answered = async () => {
      const answer = await handled(web, request);
      if (answer) await send(answer, response);
      else next();
    };
    answered().catch(next);
  };
}

/** A page of Express for signed-in users: `app.get('/patients', expressPage(web, (request, response, session) => ...))`. */
export function expressPage<Q extends NodeRequest, S extends ServerResponse>(
  web: WebSignIn,
  page: (request: Q, response: S, session: WebSession) => unknown,
): ExpressHandler<Q, S> {
  return (request, response, next) => {
    guarded(web, request, response, (session) => page(request, response, session)).catch(next);
  };
}

/** Responds to the paths of the sign-in in Fastify: `app.addHook('onRequest', fastifySignIn(web))`. */
export function fastifySignIn(web: WebSignIn) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    const answer = await handled(web, request.raw);
    if (!answer) return;
    reply.hijack();
    await send(answer, reply.raw);
  };
}

/** A page of Fastify for signed-in users: `app.get('/patients', fastifyPage(web, (request, reply, session) => ...))`. */
export function fastifyPage<Q extends FastifyRequest, R extends FastifyReply>(
  web: WebSignIn,
  page: (request: Q, reply: R, session: WebSession) => unknown,
) {
  return async (request: Q, reply: R): Promise<unknown> => {
    const asked = requestOf(request.raw, web.origin);
    const outcome = asked && (await web.guard(asked, (session) => page(request, reply, session)));
    if (!(outcome instanceof Response)) return outcome;
    reply.hijack();
    await send(outcome, reply.raw);
    return undefined;
  };
}

/**
 * The route handlers of Next.js, in a catch-all `route.ts`: `export const { GET, POST } = nextSignIn(() => web)`. The function is called
 * at each request, so that a build needs no settings.
 */
export function nextSignIn(web: () => WebSignIn) {
  const handler = async (request: Request): Promise<Response> =>
    (await web().handle(request)) ?? new Response('Not found', { status: 404 });
  return { GET: handler, POST: handler };
}

/** `headers` of `next/headers` and `redirect` of `next/navigation`, so that this package does not depend on Next.js. */
export interface NextFunctions {
  headers(): Promise<{ forEach(visit: (value: string, name: string) => void): void }>;
  redirect(to: string): never;
}

/**
 * A page of Next.js (a server component) for signed-in users: `return nextPage(web, { headers, redirect }, '/patients', (session) =>
 * <main>...</main>)`. Call APIs in the function, not in components that it returns: an end of the tokens leads to the sign-in only
 * from there.
 * @param path the page's own path, to which the sign-in returns
 */
export async function nextPage<T>(
  web: WebSignIn,
  { headers, redirect }: NextFunctions,
  path: string,
  page: (session: WebSession) => Promise<T> | T,
): Promise<T> {
  const given = new Headers();
  (await headers()).forEach((value, name) => void given.append(name, value));
  const outcome = await web.guard(new Request(new URL(path, web.origin), { headers: given }), page);
  if (!(outcome instanceof Response)) return outcome;
  const location = outcome.headers.get('location');
  if (location !== null) return redirect(location);
  throw new ClientError('sign_in_required', 'The API refuses the tokens of a new sign-in.');
}

async function handled(web: WebSignIn, incoming: NodeRequest): Promise<Response | undefined> {
  const request = requestOf(incoming, web.origin);
  return request && web.handle(request);
}

async function guarded(
  web: WebSignIn,
  incoming: NodeRequest,
  outgoing: ServerResponse,
  page: (session: WebSession) => unknown,
): Promise<void> {
  const request = requestOf(incoming, web.origin);
  const outcome = request && (await web.guard(request, page));
  if (outcome instanceof Response && !outgoing.headersSent) await send(outcome, outgoing);
}

/** A request of node:http, or of a framework that has parsed its form. */
interface NodeRequest extends IncomingMessage {
  /** The path before a router cut it, as in Express. */
  originalUrl?: string;
  body?: unknown;
}

/** Returns a request of node:http as a Request; undefined for methods that a Request cannot have. */
function requestOf(incoming: NodeRequest, origin: string): Request | undefined {
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
async function send(response: Response, outgoing: ServerResponse): Promise<void> {
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
