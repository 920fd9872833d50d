import { Activity, noteAnswer, observed } from './activity.ts';
import { StreamAnswer } from './answer.ts';
import { uuid } from './ids.ts';
import { bodyTooLarge, defaultBodyLimit, targetOf } from './incoming.ts';
import type { HttpRequest, Route } from './request.ts';
import { type RespondOptions, refusing, respond } from './respond.ts';
import { routeFinder } from './route.ts';

/** A request from one service to another. */
export interface Call {
  method?: 'GET' | 'POST' | 'DELETE';
  /** With names in lower case. */
  headers?: Record<string, string>;
  body?: string;
}

/** Calls a service of this installation, in this process or another. `path` may have a query. */
export type Ask = (path: string, call?: Call) => Promise<{ status: number; body: string }>;

/** A service of this process and its origin, for callers that get a whole address. */
export interface ServiceHere {
  readonly origin: string;
  readonly ask: Ask;
}

/** Returns the path and query of an address at a service of this process; undefined for every other address. */
export const pathHere = (here: ServiceHere | undefined, address: string): string | undefined =>
  here && address.startsWith(`${here.origin}/`) ? address.slice(here.origin.length) : undefined;

/**
 * Calls a service in this process without a socket, with the same routes, limits and refusals as its listener. Its events are stored
 * with the response to the original caller.
 */
export function inProcess(routes: readonly Route[], options: RespondOptions): Ask {
  const find = routeFinder(routes);
  const { observer, name = 'alongside' } = options;

  async function respondTo(
    address: string,
    { method = 'GET', headers = {}, body = '' }: Call,
    seen?: Activity,
  ): ReturnType<Ask> {
    const { path, query } = targetOf(address);
    const { route, params, template } = find(method, path);
    const request: HttpRequest = {
      id: uuid(),
      method,
      path,
      params,
      query,
      headers,
      rawHeaders: Object.entries(headers).flat(),
      body,
      address: '127.0.0.1',
      port: 0,
      activity: seen,
    };
    seen?.follow(request, template, route);
    const isTooLarge = Buffer.byteLength(body) > (route.bodyLimit ?? defaultBodyLimit);
    const answer = await respond(request, isTooLarge ? refusing(route, bodyTooLarge()) : route, options);
    if (answer instanceof StreamAnswer)
      throw new Error(`${path} responds with a stream, which needs a socket.`);
    if (seen) noteAnswer(seen, answer);
    const text = typeof answer.body === 'string' ? answer.body : Buffer.from(answer.body).toString('utf8');
    return { status: answer.status, body: text };
  }

  return (address, call = {}) =>
    observer
      ? observed(observer, new Activity(name, call.method ?? 'GET', true), (seen) =>
          respondTo(address, call, seen),
        )
      : respondTo(address, call);
}
