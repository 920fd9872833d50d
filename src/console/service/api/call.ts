import { channel } from 'node:diagnostics_channel';
import type { Answer } from '@alongside/kernel/answer';
import type { Endpoint, ErrorFormat, HttpRequest, Method, Route } from '@alongside/kernel/http';
import { type ParamsOf, route, withoutMethodErrors } from '@alongside/kernel/route';
import type { z } from 'zod';
import type { Admit } from '../../model/administrators/admission.ts';
import type { Access } from '../../model/administrators/roles.ts';
import type { Changes } from '../../model/changes.ts';
import type { ConsoleContext } from '../../model/dependencies.ts';
import { noMembers, parseObject, parseQuery, readShape } from '../../model/request.ts';

export const apiPath = '/api/v1';

/** The media type of server-sent events. A call that declares it waits for them on purpose: its duration is no latency. */
export const eventStreamType = 'text/event-stream';

/** A validated request. Query and body contain only the members of the call's schemas. */
export interface CallRequest<Path extends string, Query, Body> {
  request: HttpRequest;
  params: ParamsOf<Path>;
  query: Query;
  body: Body;
}

interface Documented extends Access {
  readonly summary: string;
  /** Meaning of each status. */
  readonly answers: Readonly<Record<number, string>>;
  /** Body of a success. Declare each member: tests refuse answers with others. Absent if all successes are 204. */
  readonly response?: z.ZodType;
  /** Media types of a success besides JSON: those of files and streams. */
  readonly media?: readonly string[];
  /** Describes a body that `body` takes as it is, because another service validates it. */
  readonly describes?: z.ZodType;
  /** Describes the value to which the body is a JSON merge patch (RFC 7396). */
  readonly patches?: z.ZodType;
  /** Maximum body size in bytes; the listener's limit by default. */
  readonly bodyLimit?: number;
  /** Media types of a file that `handle` reads from `request.incoming`, instead of a body. */
  readonly takes?: readonly string[];
}

/** One call of the API. The OpenAPI document is generated from the same members that serve it. */
export interface ApiCall extends Documented {
  readonly method: Method;
  /** Below `/api/v1`, with parameters as `:name`. */
  readonly path: string;
  readonly query: z.ZodType;
  readonly body: z.ZodType | undefined;
  readonly endpoint: Endpoint;
}

/** An answer of a call, as its endpoint returned it. */
export interface AnsweredCall {
  readonly call: Pick<ApiCall, 'method' | 'path' | 'response'>;
  readonly answer: Answer;
}

/** Publishes each AnsweredCall. Tests subscribe, to compare answers with the described responses. */
export const answeredCalls = channel('alongside.console.answered');

interface CallDefinition<Path extends string, Query extends z.ZodType, Body extends z.ZodType>
  extends Documented {
  /** Without a schema, a query or body with members is refused. */
  query?: Query;
  body?: Body;
  handle(call: CallRequest<Path, z.output<Query>, z.output<Body>>): Promise<Answer>;
}

/** Defines a call. Its endpoint validates path, query and body, in this order, before `handle`. */
export function defineCall<
  const Path extends string,
  Query extends z.ZodType = typeof noMembers,
  Body extends z.ZodType = typeof noMembers,
>(method: Method, path: Path, { handle, ...definition }: CallDefinition<Path, Query, Body>): ApiCall {
  const query = definition.query ?? noMembers;
  const body = definition.body ?? noMembers;
  const call = { ...definition, method, path };
  return {
    ...call,
    query,
    body: definition.body,
    async endpoint(request) {
      const answer = await handle({
        request,
        params: request.params as ParamsOf<Path>,
        query: readShape(query, parseQuery(request.query)) as z.output<Query>,
        body: readShape(
          body,
          request.method === 'GET' || definition.takes ? {} : parseObject(request.body),
        ) as z.output<Body>,
      });
      if (answeredCalls.hasSubscribers) answeredCalls.publish({ call, answer } satisfies AnsweredCall);
      return answer;
    },
  };
}

/** Returns the route of a call. Another method is unknown, like another path. A successful write is announced to open pages. */
export function routesOf(
  { method, path, endpoint, bodyLimit, takes, media, ...access }: ApiCall,
  admit: Admit,
  errors: ErrorFormat,
  changes: Changes,
): Route[] {
  const announced: Endpoint = async (request) => {
    const answer = await endpoint(request);
    if (method !== 'GET' && answer.status < 400) changes.announceWrite(path);
    return answer;
  };
  return withoutMethodErrors(
    route(apiPath + path, {
      [method]: {
        endpoint: admit(announced, access),
        errors,
        ...(bodyLimit === undefined ? {} : { bodyLimit }),
        ...(takes ? { readsBody: true } : {}),
        ...(media?.includes(eventStreamType) ? { waits: true } : {}),
      },
    }),
  );
}

/** Returns a path with its parameters as OpenAPI writes them. */
export const templateOf = (path: string): string => path.replaceAll(/:(\w+)/g, '{$1}');

/** One subject of the console: its calls of the API. */
export interface Resource {
  /** Absent in production. */
  only?: 'development';
  calls?(console: ConsoleContext): readonly ApiCall[];
}
