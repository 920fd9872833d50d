import type { CallBody, PathOf, ResultOf } from '../../../kit/console-api.ts';
import { sentence } from './tools.browser.ts';

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** The members of a refusal, and the warnings of a success. */
export interface Problem {
  error?: string;
  error_description?: string;
  field?: string;
  problem?: string;
  warnings?: readonly (string | { code: string; message: string })[];
}
type Body = Problem & Record<string, unknown>;

interface Options {
  /** The ETag that the changed value must have. */
  match?: string;
  /** `text/html` for a result as markup, of calls that have one. */
  accept?: string;
  /** The call must also arrive if the tab closes. */
  keepalive?: boolean;
}

/** Calls the API at a path of a form or a button. `call` knows the types of a path in a program. */
export async function send<Result extends object = Body>(
  method: string,
  path: string,
  body?: object | string,
  { match = '', accept = 'application/json', keepalive = false }: Options = {},
) {
  const response = await fetch(`/api/v1${path}`, {
    method,
    headers: { 'content-type': 'application/json', accept, ...(match ? { 'if-match': match } : {}) },
    ...(body ? { body: typeof body === 'string' ? body : JSON.stringify(body) } : {}),
    keepalive,
  });
  const { status, ok: isOk, headers } = response;
  const text = await response.text();
  const isMarkup = headers.get('content-type')?.startsWith('text/html');
  const answer: Result = JSON.parse(isMarkup || text === '' ? '{}' : text);
  return { status, isOk, tag: headers.get('etag') ?? '', answer, markup: isMarkup ? text : '' };
}

/** What a call returns: the described body of a success, or a refusal. */
export type Answered<Result> = Omit<Awaited<ReturnType<typeof send>>, 'isOk' | 'answer'> &
  ({ isOk: true; answer: Result } | { isOk: false; answer: Body });

/** Calls the API as its document describes the path. `{name}` in the path is filled in from `at`. */
export async function call<M extends Method, P extends PathOf<M>>(
  method: M,
  path: P,
  {
    body,
    at = {},
    query,
    ...options
  }: Options & {
    body?: CallBody<M, P>;
    at?: Record<string, string>;
    query?: Record<string, string>;
  } = {},
): Promise<Answered<ResultOf<M, P>>> {
  const filled = String(path).replace(/\{(\w+)\}/g, (_, name) => encodeURIComponent(at[name] ?? ''));
  const search = query ? `?${new URLSearchParams(query)}` : '';
  return (await send(method, filled + search, body as object | undefined, options)) as Answered<
    ResultOf<M, P>
  >;
}

export const problemText = ({ problem, error_description: description, error }: Problem): string =>
  sentence(String(problem ?? description ?? error));

export const warningsOf = ({ warnings = [] }: Problem) =>
  warnings.map((warning) => (typeof warning === 'string' ? { code: '', message: warning } : warning));
