import type { Answer } from '@alongside/kernel/answer';
import { type HttpRequest, plainError } from '@alongside/kernel/http';
import type { Handler } from '@alongside/kernel/route';
import { invalidField } from './json-body.ts';

/** The start of a list of steps: the request, and the parts of CIS that the steps use. */
export interface Call<Cis> {
  request: HttpRequest;
  cis: Cis;
}

/** Returns a JSON endpoint that runs a list of steps, with the parameters of the path in their context. */
export const handler = <Cis, Params extends object>(
  list: { run: (start: Call<Cis> & NoInfer<Params>) => Promise<Answer> },
  cis: Cis,
  bodyLimit?: number,
): Handler<Params> => ({
  endpoint: (request) => list.run({ request, cis, ...request.params }),
  errors: plainError,
  ...(bodyLimit === undefined ? {} : { bodyLimit }),
});

/** Reads `limit` and `after` of a request for a page. */
export function readPage(
  { query: text }: Pick<HttpRequest, 'query'>,
  most: number,
): { query: URLSearchParams; after: string; limit: number } {
  const query = new URLSearchParams(text);
  const limit = Number(query.get('limit') ?? most);
  if (!Number.isInteger(limit) || limit < 1 || limit > most)
    throw invalidField('limit', `must be 1 to ${most}`);
  return { query, after: query.get('after') ?? '', limit };
}

/** Splits the rows after the page from it. `next` is the last key of the page, or null on the last page. */
export function pageOf<T>(
  found: readonly T[],
  limit: number,
  keyOf: (entry: T) => string,
): { page: T[]; next: string | null } {
  const page = found.slice(0, limit);
  const last = page.at(-1);
  return { page, next: found.length > limit && last !== undefined ? keyOf(last) : null };
}
