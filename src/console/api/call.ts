import type { Answer } from '@alongside/kernel/answer';
import type { Endpoint, HttpRequest, Method, Route } from '@alongside/kernel/http';
import { steps } from '@alongside/kernel/steps';
import { z } from 'zod';
import { errors } from '../errors.ts';
import { parseObject, parseQuery, readShape } from './request.ts';

/** Where the API begins. */
export const apiPath = '/api/v1';

/** What a call is given: its parts are read, nothing else is known. */
export interface Given<Q, B> {
  request: HttpRequest;
  /** A part of the path by its name in the template. */
  part(name: string): string;
  query: Q;
  body: B;
}

/** One call of the API: how it is reached, in which shapes, and what it does. The documentation is made from the same. */
export interface ApiCall {
  readonly method: Method;
  /** Below `/api/v1`, with `{name}` for each part. */
  readonly path: string;
  readonly summary: string;
  readonly query: z.ZodType;
  readonly body: z.ZodType | undefined;
  /** What each status means. */
  readonly answers: Readonly<Record<number, string>>;
  readonly endpoint: Endpoint;
  /** Largest body in bytes; the listener's own limit unless told. */
  readonly bodyLimit?: number;
}

const nothing = z.strictObject({});

interface Draft<Q extends z.ZodType, B extends z.ZodType> {
  method: Method;
  path: string;
  summary: string;
  query?: Q;
  body?: B;
  answers: Readonly<Record<number, string>>;
  bodyLimit?: number;
  handle(given: Given<z.output<Q>, z.output<B>>): Promise<Answer>;
}

function readParts(template: string, path: string): Map<string, string> {
  const values = path.slice(apiPath.length).split('/');
  const parts = new Map<string, string>();
  template.split('/').forEach((name, place) => {
    if (!name.startsWith('{')) return;
    try {
      parts.set(name.slice(1, -1), decodeURIComponent(values[place] ?? ''));
    } catch (error) {
      throw errors.requestInvalid('damaged percent-encoding', { problem: 'The address is damaged.' }, error);
    }
  });
  return parts;
}

/** Declares a call. What it is not told of in query or body is refused. */
export function defineCall<Q extends z.ZodType = typeof nothing, B extends z.ZodType = typeof nothing>(
  draft: Draft<Q, B>,
): ApiCall {
  const query = draft.query ?? nothing;
  const shape = draft.body ?? nothing;

  const readPath = ({ request }: { request: HttpRequest }) => {
    const parts = readParts(draft.path, request.path);
    return { part: (name: string) => parts.get(name) ?? '' };
  };
  const readQuery = ({ request }: { request: HttpRequest }) => ({
    query: readShape(query, parseQuery(request.query)) as z.output<Q>,
  });
  const readBody = ({ request }: { request: HttpRequest }) => ({
    body: readShape(shape, request.method === 'GET' ? {} : parseObject(request.body)) as z.output<B>,
  });
  const list = steps<{ request: HttpRequest }>()
    .step(readPath)
    .step(readQuery)
    .step(readBody)
    .step((known) => draft.handle(known));

  const { method, path, summary, answers, body, bodyLimit } = draft;
  return {
    ...{ method, path, summary, answers, query, body, bodyLimit },
    endpoint: (request) => list.run({ request }),
  };
}

/** The way into a call. */
export const routeOf = ({ method, path, endpoint, bodyLimit }: ApiCall): Route => ({
  methods: [method],
  path: apiPath + path.replaceAll(/\{(\w+)\}/g, ':$1'),
  endpoint,
  bodyLimit,
});
