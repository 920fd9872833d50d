import { uuid } from './ids.ts';
import type { HttpRequest, Route } from './request.ts';
import { type Manners, nothingHere, respond } from './respond.ts';

/** A request of one service to another. */
export interface Call {
  method?: 'GET' | 'POST';
  /** Names in lower case. */
  headers?: Record<string, string>;
  body?: string;
}

/** Asks a service of this installation, wherever it runs. `path` may have a query. */
export type Ask = (path: string, call?: Call) => Promise<{ status: number; body: string }>;

const escaped = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);

const patternOf = (path: string): RegExp =>
  new RegExp(
    `^${path
      .split('/')
      .map((part) => (part === '*' ? '.*' : part.startsWith(':') ? '[^/]*' : escaped(part)))
      .join('/')}$`,
  );

const isFixed = (path: string): boolean => !path.split('/').some((part) => part === '*' || part[0] === ':');

/**
 * Asks a service that runs in this process as its listener would, without a socket between: the same routes and refusals. What it
 * records is kept with the answer to whoever made the caller ask.
 */
export function inProcess(routes: readonly Route[], manners: Manners): Ask {
  const fixed = routes.filter(({ path }) => isFixed(path));
  const patterns = routes
    .filter(({ path }) => !isFixed(path))
    .map((route) => ({ route, pattern: patternOf(route.path) }));
  const find = (method: string, path: string): Route | undefined => {
    const serves = ({ methods }: Route): boolean => (methods as readonly string[]).includes(method);
    return (
      fixed.find((route) => route.path === path && serves(route)) ??
      patterns.find(({ route, pattern }) => serves(route) && pattern.test(path))?.route
    );
  };
  return async (address, { method = 'GET', headers = {}, body = '' } = {}) => {
    const [path = '/', ...query] = address.split('?');
    const request: HttpRequest = {
      ...{ id: uuid(), method, path, query: query.join('?'), headers, body },
      ...{ rawHeaders: Object.entries(headers).flat(), address: '127.0.0.1', port: 0 },
    };
    const answer = await respond(request, find(method, path)?.endpoint ?? nothingHere, manners);
    const text = typeof answer.body === 'string' ? answer.body : Buffer.from(answer.body).toString('utf8');
    return { status: answer.status, body: text };
  };
}
